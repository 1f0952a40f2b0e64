package io.adapterworks.curate.source;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which column of an input holds what. A nested JSON field is named with dots.
 *
 * @param text the message or instruction
 * @param label its label; for classification
 * @param response the expected answer; for instructions
 * @param id the input's own id of the row, kept beside ours
 */
public record ColumnMapping(
    String text, Optional<String> label, Optional<String> response, Optional<String> id)
    implements Serializable {
  public ColumnMapping {
    Check.notBlank("columns.text", text);
    Check.that(
        label.isPresent() || response.isPresent(),
        ErrorCode.CONFIGURATION,
        "columns names neither label nor response; expected label for classification or response"
            + " for instructions");
  }

  /** Columns that every row must have. */
  public List<String> required() {
    List<String> names = new ArrayList<>(List.of(text));
    label.ifPresent(names::add);
    response.ifPresent(names::add);
    return names;
  }
}
