package io.adapterworks.evaluate.report;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A training as one HTML file that its browser reads again while it runs; no script is needed. */
public final class TrainingPage {
  private TrainingPage() {}

  /**
   * What the page shows.
   *
   * @param adapter what is trained
   * @param status how it goes, in a sentence
   * @param refresh when to read the page again; empty once training has ended
   */
  public record Input(
      String adapter,
      String status,
      List<Fact> facts,
      TrainingCurve curve,
      Optional<Duration> refresh) {}

  /** The whole document. */
  public static String render(Input input) {
    String body =
        """
        <header>
        <p class="eyebrow">Training</p>
        <h1>%s</h1>
        <p class="purpose">%s</p>
        </header>
        """
                .formatted(Text.escape(input.adapter()), Text.escape(input.status()))
            + TrainingSection.render(input.curve())
            + Page.provenance(input.facts());
    String html = Page.html("Training of " + input.adapter(), body);
    return input
        .refresh()
        .map(wait -> html.replaceFirst("<meta charset", again(wait) + "<meta charset"))
        .orElse(html);
  }

  private static String again(Duration wait) {
    return "<meta http-equiv=\"refresh\" content=\"" + wait.toSeconds() + "\">\n";
  }
}
