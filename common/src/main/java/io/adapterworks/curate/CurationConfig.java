package io.adapterworks.curate;

import io.adapterworks.curate.duplicate.NearDuplicateConfig;
import io.adapterworks.curate.pii.PiiConfig;
import io.adapterworks.curate.row.AnswerConfig;
import io.adapterworks.curate.row.LanguageConfig;
import io.adapterworks.curate.row.RowConfig;
import io.adapterworks.curate.row.SpamConfig;
import io.adapterworks.curate.row.TextConfig;
import io.adapterworks.curate.row.ToxicityConfig;
import io.adapterworks.error.Check;
import java.util.List;

/**
 * How raw lines become examples. Its defaults are in reference.conf under {@code curation}.
 *
 * @param maxLineBytes a longer raw line is dropped, and only its beginning kept
 */
public record CurationConfig(
    int maxLineBytes,
    TextConfig text,
    AnswerConfig answer,
    SpamConfig spam,
    ToxicityConfig toxicity,
    LanguageConfig language,
    PiiConfig pii,
    NearDuplicateConfig nearDuplicates,
    SplitConfig split) {
  public CurationConfig {
    Check.inRange("curation.maxLineBytes", maxLineBytes, 1024, 1 << 28);
  }

  /** The settings of the row steps for a use case of these labels. */
  public RowConfig rows(List<String> labels) {
    return new RowConfig(labels, text, answer, spam, toxicity, language, pii);
  }

  /** Equal for settings that make the same dataset of the same input. */
  String fingerprint(List<String> labels) {
    return RowId.hash(List.of(toString(), String.join("\n", labels))).substring(0, 16);
  }
}
