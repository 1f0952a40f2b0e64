package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.report.DatasetCardInput.Drop;
import io.adapterworks.evaluate.report.DatasetCardInput.Example;
import io.adapterworks.evaluate.report.DatasetCardInput.Label;
import io.adapterworks.evaluate.report.DatasetCardInput.Step;
import io.adapterworks.evaluate.report.DatasetCardInput.Trial;
import java.util.List;

/** Renders what is in a dataset version, and what is not and why, as one HTML file. */
public final class DatasetCard {
  private static final int OPEN_LABELS = 30;
  private static final double WIDE = 960;
  private static final double HALF = 460;

  private DatasetCard() {}

  /** The whole document. The same input gives the same bytes. */
  public static String render(DatasetCardInput input) {
    return Page.html(
        "Dataset " + input.dataset(),
        header(input)
            + tiles(input)
            + steps(input.steps())
            + labels(input.labels())
            + lengths(input)
            + input.trial().map(DatasetCard::trial).orElse("")
            + drops(input.drops())
            + duplicatesAndPii(input)
            + Page.provenance(input.facts()));
  }

  private static String header(DatasetCardInput input) {
    return """
        <header>
        <p class="eyebrow">Dataset card</p>
        <h1>%s</h1>
        <p class="purpose">%s</p>
        <p class="meta">%s · %d labels</p>
        </header>
        """
        .formatted(
            Text.escape(input.dataset()),
            Text.escape(input.purpose()),
            Page.DAY_AND_TIME.format(input.at()),
            input.labels().size());
  }

  private static String tiles(DatasetCardInput input) {
    return "<div class=\"tiles\">\n"
        + tile("Rows to train on", input.rows(Label::train), "picked from what curation kept")
        + tile("Validation", input.rows(Label::validation), "decides when training stops")
        + tile("Test", input.rows(Label::test), "seen once, for the report")
        + tile("Under review", input.underReview(), "labels that wait for a person")
        + "</div>\n";
  }

  private static String tile(String name, long count, String note) {
    return """
        <div class="tile"><p class="name">%s</p><p class="number">%s</p><p class="note">%s</p></div>
        """
        .formatted(name, Text.count(count), note);
  }

  private static String steps(List<Step> steps) {
    StringBuilder rows = new StringBuilder();
    long first = Math.max(1, steps.isEmpty() ? 1 : steps.get(0).read());
    for (Step step : steps) {
      rows.append(
          """
          <tr><th scope="row">%s</th><td>%s</td><td>%s</td><td class="bar">%s</td><td class="name">%s</td></tr>
          """
              .formatted(
                  Text.escape(step.name()),
                  Text.count(step.read()),
                  Text.count(step.kept()),
                  share((double) step.kept() / first),
                  Text.escape(step.dropped())));
    }
    return """
        <section>
        <h2>From raw lines to training rows</h2>
        <p class="lead">Every step, what it read and what it kept; bars are shares of the raw lines. Selection
        looks at training rows only: validation and test are held out before it.</p>
        <div class="scroll"><table class="numbers compact lean">
        <thead><tr><th scope="col">Step</th><th scope="col">Read</th><th scope="col">Kept</th>
        <th scope="col" class="bar" aria-label="Share of raw lines"></th><th scope="col" class="name">Dropped</th></tr></thead>
        <tbody>
        %s</tbody></table></div>
        </section>
        """
        .formatted(rows);
  }

  private static String share(double share) {
    return new Svg(220, 14, Text.percent(share))
        .box(new Svg.Box(0, 3, 220, 8), "track")
        .box(new Svg.Box(0, 3, 220 * Math.min(1, share), 8), "share")
        .close();
  }

  private static String labels(List<Label> labels) {
    if (labels.isEmpty()) {
      return "";
    }
    long most = labels.stream().mapToLong(Label::train).max().orElse(1);
    long least = labels.stream().mapToLong(Label::train).min().orElse(0);
    int open = Math.min(OPEN_LABELS, labels.size());
    String rest =
        open == labels.size()
            ? ""
            : "<details><summary>The other %d labels</summary>%s</details>"
                .formatted(
                    labels.size() - open, labelTable(labels.subList(open, labels.size()), most));
    return """
        <section>
        <h2>Balance of labels</h2>
        <p class="lead">Between %s and %s training rows a label.</p>
        %s%s
        </section>
        """
        .formatted(
            Text.count(least), Text.count(most), labelTable(labels.subList(0, open), most), rest);
  }

  private static String labelTable(List<Label> labels, long most) {
    StringBuilder rows = new StringBuilder();
    for (Label label : labels) {
      rows.append(
          """
          <tr><th scope="row">%s</th><td>%s</td><td class="bar">%s</td><td>%s</td><td>%s</td></tr>
          """
              .formatted(
                  Text.name(label.name()),
                  Text.count(label.train()),
                  share((double) label.train() / Math.max(1, most)),
                  Text.count(label.validation()),
                  Text.count(label.test())));
    }
    return """
        <div class="scroll"><table class="numbers compact lean">
        <thead><tr><th scope="col">Label</th><th scope="col">Train</th><th scope="col" class="bar" aria-label="Training rows"></th>
        <th scope="col">Validation</th><th scope="col">Test</th></tr></thead>
        <tbody>
        %s</tbody></table></div>
        """
        .formatted(rows);
  }

  private static String lengths(DatasetCardInput input) {
    return """
        <section>
        <h2>Length of training rows</h2>
        <figure>%s</figure>
        </section>
        """
        .formatted(BarChart.render(input.lengths(), "Words of a row", WIDE));
  }

  private static String trial(Trial trial) {
    return """
        <section>
        <h2>Varied rows</h2>
        <p class="lead">%s copies of training rows with words swapped, deleted or inserted were tried on %s
        validation rows. %s</p>
        <dl class="facts">
        <dt>Accuracy without them</dt><dd>%s</dd>
        <dt>Accuracy with them</dt><dd>%s</dd>
        <dt>Trained</dt><dd>%s</dd>
        </dl>
        </section>
        """
        .formatted(
            Text.count(trial.made()),
            Text.count(trial.validation()),
            trial.verdict(),
            Text.percent(trial.without()),
            Text.percent(trial.with()),
            Text.escape(trial.how()));
  }

  private static String drops(List<Drop> drops) {
    StringBuilder rules = new StringBuilder();
    for (Drop drop : drops) {
      StringBuilder rows = new StringBuilder();
      for (Example example : drop.examples()) {
        rows.append(
            "<tr><td class=\"message\">%s</td><td class=\"name\">%s</td></tr>\n"
                .formatted(Text.message(example.text()), Text.message(example.reason())));
      }
      rules.append(
          """
          <h3>%s <span class="note">%s rows</span></h3>
          <div class="scroll"><table class="compact"><tbody>
          %s</tbody></table></div>
          """
              .formatted(Text.escape(drop.rule()), Text.count(drop.count()), rows));
    }
    return """
        <section>
        <h2>What was left out, and why</h2>
        <p class="lead">Every rule with examples, personal data masked. All rows are in the tables
        curated_rejects and dataset_rejects with score and threshold.</p>
        %s</section>
        """
        .formatted(rules.length() == 0 ? "<p>Nothing.</p>\n" : rules);
  }

  private static String duplicatesAndPii(DatasetCardInput input) {
    List<DatasetCardInput.Bin> pii =
        input.pii().entrySet().stream()
            .map(entry -> new DatasetCardInput.Bin(entry.getKey(), entry.getValue()))
            .toList();
    return """
        <section><div class="beside"><div>
        <h2>Duplicates found</h2>
        <p class="lead">How many of the kept texts came once, twice and more often.</p>
        <figure>%s</figure>
        </div><div>
        <h2>Personal data masked</h2>
        <p class="lead">%s pieces in the kept texts.</p>
        %s
        </div></div></section>
        """
        .formatted(
            BarChart.render(input.clusters(), "Raw rows that said the same", HALF),
            Text.count(pii.stream().mapToLong(DatasetCardInput.Bin::count).sum()),
            piiList(pii));
  }

  private static String piiList(List<DatasetCardInput.Bin> pii) {
    StringBuilder items = new StringBuilder("<dl class=\"facts\">\n");
    pii.forEach(
        bin ->
            items.append(
                "<dt>%s</dt><dd>%s</dd>\n"
                    .formatted(Text.escape(bin.range()), Text.count(bin.count()))));
    return items + "</dl>";
  }
}
