package io.adapterworks.curate.row;

/** One step that looks at a row by itself. */
public interface RowStep {
  /** Its name in {@code curation_runs}. */
  String name();

  StepResult apply(Draft draft);
}
