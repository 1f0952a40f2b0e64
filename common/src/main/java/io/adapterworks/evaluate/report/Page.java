package io.adapterworks.evaluate.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** What every report shares: one HTML file that needs nothing beside it, and its style. */
final class Page {
  static final DateTimeFormatter DAY_AND_TIME =
      DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private Page() {}

  /** The document around {@code body}, which is HTML. */
  static String html(String title, String body) {
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        <main>
        """
            .formatted(Text.escape(title), style())
        + body
        + "</main>\n</body>\n</html>\n";
  }

  /** What made something; nothing where there are no facts. */
  static String provenance(List<Fact> facts) {
    if (facts.isEmpty()) {
      return "";
    }
    StringBuilder items = new StringBuilder();
    for (Fact fact : facts) {
      items.append(
          "<dt>%s</dt><dd>%s</dd>\n"
              .formatted(Text.escape(fact.name()), Text.escape(fact.value())));
    }
    return """
        <section>
        <h2>What made it</h2>
        <dl class="facts provenance">
        %s</dl>
        </section>
        """
        .formatted(items);
  }

  private static String style() {
    try (InputStream in = Page.class.getResourceAsStream("report.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read report.css from the class path", e);
    }
  }
}
