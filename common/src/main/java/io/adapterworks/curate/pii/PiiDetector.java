package io.adapterworks.curate.pii;

import java.util.List;

/** Finds one kind of personal data. */
@FunctionalInterface
public interface PiiDetector {
  /** Every piece in {@code text}, in any order; pieces may overlap. */
  List<PiiSpan> find(String text);
}
