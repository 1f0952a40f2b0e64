package io.adapterworks.curate.row;

import io.adapterworks.curate.pii.PiiMasker;

/** Masks personal data in text and response; drops nothing. */
final class PiiStep implements RowStep {
  private final PiiMasker masker;

  PiiStep(PiiMasker masker) {
    this.masker = masker;
  }

  @Override
  public String name() {
    return "pii";
  }

  @Override
  public StepResult apply(Draft draft) {
    PiiMasker.RowMask row = masker.startRow();
    String text = row.mask(draft.text());
    String response = draft.response() == null ? null : row.mask(draft.response());
    return new StepResult.Kept(draft.withPii(text, response, row.counts()));
  }
}
