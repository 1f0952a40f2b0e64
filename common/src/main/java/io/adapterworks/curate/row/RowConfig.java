package io.adapterworks.curate.row;

import io.adapterworks.curate.pii.PiiConfig;
import java.io.Serializable;
import java.util.List;

/** What the row steps need; travels to where they run. */
public record RowConfig(
    List<String> labels,
    TextConfig text,
    AnswerConfig answer,
    SpamConfig spam,
    ToxicityConfig toxicity,
    LanguageConfig language,
    PiiConfig pii)
    implements Serializable {
  public RowConfig {
    labels = List.copyOf(labels);
  }
}
