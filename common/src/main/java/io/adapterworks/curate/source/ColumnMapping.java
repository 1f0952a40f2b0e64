package io.adapterworks.curate.source;

import io.adapterworks.error.Check;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which column of an input holds what. A nested JSON field is named with dots.
 *
 * @param text the message or instruction, or the list of turns of a conversation
 * @param label its label; for classification
 * @param response the expected answer; for instructions
 * @param id the input's own id of the row, kept beside ours
 * @param context what the instruction is about, where it is in a column of its own (Alpaca's input)
 * @param system how the assistant is to behave, where a column says so
 */
public record ColumnMapping(
    String text,
    Optional<String> label,
    Optional<String> response,
    Optional<String> id,
    Optional<String> context,
    Optional<String> system)
    implements Serializable {
  public ColumnMapping {
    Check.notBlank("columns.text", text);
  }

  /** Without context and system. */
  public ColumnMapping(
      String text, Optional<String> label, Optional<String> response, Optional<String> id) {
    this(text, label, response, id, Optional.empty(), Optional.empty());
  }

  /** Columns that every row must have. */
  public List<String> required() {
    List<String> names = new ArrayList<>(List.of(text));
    label.ifPresent(names::add);
    response.ifPresent(names::add);
    return names;
  }
}
