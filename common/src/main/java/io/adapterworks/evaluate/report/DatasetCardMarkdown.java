package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.report.DatasetCardInput.Bin;
import io.adapterworks.evaluate.report.DatasetCardInput.Drop;
import io.adapterworks.evaluate.report.DatasetCardInput.Label;
import io.adapterworks.evaluate.report.DatasetCardInput.Step;
import java.util.List;

/** Renders a dataset card as Markdown, for repositories and pull requests. */
public final class DatasetCardMarkdown {
  private DatasetCardMarkdown() {}

  /** The whole document. */
  public static String render(DatasetCardInput input) {
    StringBuilder out = new StringBuilder();
    out.append("# Dataset ").append(plain(input.dataset())).append("\n\n");
    if (!input.purpose().isBlank()) {
      out.append(plain(input.purpose())).append("\n\n");
    }
    out.append(
        "%s. %s rows to train on, %s validation, %s test; %s labels under review.%n%n"
            .formatted(
                Page.DAY_AND_TIME.format(input.at()),
                Text.count(input.rows(Label::train)),
                Text.count(input.rows(Label::validation)),
                Text.count(input.rows(Label::test)),
                Text.count(input.underReview())));
    out.append("## Steps\n\n| step | read | kept | dropped |\n|---|---:|---:|---|\n");
    for (Step step : input.steps()) {
      row(out, step.name(), Text.count(step.read()), Text.count(step.kept()), step.dropped());
    }
    out.append("\n## Labels\n\n| label | train | validation | test |\n|---|---:|---:|---:|\n");
    for (Label label : input.labels()) {
      row(
          out,
          label.name(),
          Text.count(label.train()),
          Text.count(label.validation()),
          Text.count(label.test()));
    }
    bins(out, "Words of a training row", input.lengths());
    input
        .trial()
        .ifPresent(
            trial ->
                out.append(
                    "%n## Varied rows%n%n%s copies of training rows were tried on %s validation rows: accuracy %s without them, %s with them (%s). %s%n"
                        .formatted(
                            Text.count(trial.made()),
                            Text.count(trial.validation()),
                            Text.percent(trial.without()),
                            Text.percent(trial.with()),
                            plain(trial.how()),
                            trial.verdict())));
    out.append("\n## Left out\n");
    for (Drop drop : input.drops()) {
      out.append("\n### %s: %s rows%n%n".formatted(plain(drop.rule()), Text.count(drop.count())));
      drop.examples()
          .forEach(
              example ->
                  out.append("- “")
                      .append(plain(example.text()))
                      .append("”: ")
                      .append(plain(example.reason()))
                      .append('\n'));
    }
    bins(out, "Raw rows that said the same", input.clusters());
    bins(
        out,
        "Personal data masked",
        input.pii().entrySet().stream()
            .map(entry -> new Bin(entry.getKey(), entry.getValue()))
            .toList());
    out.append("\n## What made it\n\n");
    input
        .facts()
        .forEach(
            fact ->
                out.append("- ")
                    .append(fact.name())
                    .append(": ")
                    .append(plain(fact.value()))
                    .append('\n'));
    return out.toString();
  }

  private static void bins(StringBuilder out, String title, List<Bin> bins) {
    out.append("\n## ").append(title).append("\n\n| | rows |\n|---|---:|\n");
    bins.forEach(bin -> row(out, bin.range(), Text.count(bin.count())));
  }

  private static void row(StringBuilder out, String... cells) {
    for (String cell : cells) {
      out.append("| ").append(plain(cell)).append(' ');
    }
    out.append("|\n");
  }

  /** Text of unknown origin on one line, with nothing in it that Markdown or HTML would read. */
  private static String plain(String text) {
    return text.replaceAll("\\s+", " ").replaceAll("([\\\\`*_{}\\[\\]<>|#])", "\\\\$1");
  }
}
