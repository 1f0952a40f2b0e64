package io.adapterworks.curate.row;

import io.adapterworks.config.NearestName;
import java.util.Locale;
import java.util.Set;

/** Drops rows whose label the use case does not know. Instructions carry no label. */
public final class LabelStep implements RowStep {
  static final String UNKNOWN_LABEL = "unknown-label";
  static final String MISSING_LABEL = "missing-label";

  private final Set<String> labels;

  /** Accepts these labels, or any where there are none: the task then is no classification. */
  public LabelStep(Set<String> labels) {
    this.labels = Set.copyOf(labels);
  }

  @Override
  public String name() {
    return "labels";
  }

  @Override
  public StepResult apply(Draft draft) {
    boolean labelled = draft.label() != null && !draft.label().isBlank();
    if (!labelled && draft.response() == null) {
      return StepResult.reject(MISSING_LABEL, 0, 1, "the row has no label");
    }
    if (labels.isEmpty() || !labelled || labels.contains(draft.label())) {
      return new StepResult.Kept(draft);
    }
    return StepResult.reject(
        UNKNOWN_LABEL,
        0,
        1,
        String.format(
            Locale.ROOT,
            "the label %s is none of the %d of the use case%s",
            draft.label(),
            labels.size(),
            NearestName.to(draft.label(), labels)
                .map(name -> "; the nearest is " + name)
                .orElse("")));
  }
}
