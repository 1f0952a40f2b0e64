package io.adapterworks.evaluate;

import java.util.Objects;

/** A text and the label that a person gave it. */
public record LabelledText(String text, String label) {
  public LabelledText {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(label, "label");
  }
}
