package io.adapterworks.jobs;

import io.adapterworks.curate.review.LabelReview;
import io.adapterworks.curate.review.LabelReview.Wish;
import io.adapterworks.curate.review.ReviewFile;
import io.adapterworks.curate.review.ReviewItem;
import io.adapterworks.curate.schema.LabelReviewTable;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code review}: rows whose label looks wrong, and what a person decides about them. */
@Command(
    name = "review",
    description = {
      "Shows rows whose label looks wrong and keeps what a person decides about them.",
      "Decisions take effect at the next curate or run."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "(list | accept | relabel | export | import)",
    subcommands = {
      ReviewJob.ListJob.class,
      ReviewJob.AcceptJob.class,
      ReviewJob.RelabelJob.class,
      ReviewJob.ExportJob.class,
      ReviewJob.ImportJob.class
    })
final class ReviewJob {
  /** Who decides. */
  static final class Person {
    @Option(
        names = "--by",
        paramLabel = "NAME",
        description = "Who decides; default: the user who runs this.")
    private String name = System.getProperty("user.name");
  }

  /** {@code review list}. */
  @Command(
      name = "list",
      description = "Rows up for review, the most suspicious first.",
      mixinStandardHelpOptions = true)
  static final class ListJob implements Callable<Integer> {
    @Mixin private SettingsOptions settings;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "20",
        description = "The most rows to show; default: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--all", description = "Decided rows too.")
    private boolean all;

    @Override
    public Integer call() {
      Check.that(limit > 0, ErrorCode.USAGE, "--limit %d; expected 1 or more", limit);
      try (JobSession session = JobSession.open(settings, "review-list")) {
        List<ReviewItem> items = all ? review(session).items() : open(review(session).items());
        items.stream().limit(limit).forEach(item -> System.out.println(line(item)));
        System.out.printf(
            Locale.ROOT,
            "%d of %d rows. Next: review accept ID, review relabel ID LABEL, or review export FILE%n",
            Math.min(limit, items.size()),
            items.size());
        return items.isEmpty() ? ErrorCode.NOTHING_TO_DO.exitCode() : 0;
      }
    }

    private static String line(ReviewItem item) {
      return String.format(
          Locale.ROOT,
          "%s  %.3f  %s -> %s  [%s]%n    %s",
          item.id(),
          item.suspicion(),
          item.label(),
          item.suggested(),
          item.decidedLabel() == null
              ? item.decision()
              : item.decision() + ": " + item.decidedLabel(),
          item.text().replaceAll("\\s+", " "));
    }
  }

  /** {@code review accept}. */
  @Command(
      name = "accept",
      description = "Gives rows the label suggested for them.",
      mixinStandardHelpOptions = true)
  static final class AcceptJob implements Callable<Integer> {
    @Mixin private SettingsOptions settings;
    @Mixin private Person person;

    @Option(
        names = "--top",
        paramLabel = "N",
        defaultValue = "0",
        description = "The N most suspicious open rows.")
    private int top;

    @Parameters(paramLabel = "ID", arity = "0..*", description = "Ids, or how they begin.")
    private List<String> ids = List.of();

    @Override
    public Integer call() {
      Check.that(
          ids.isEmpty() == (top > 0),
          ErrorCode.USAGE,
          "review accept got %d ids and --top %d; expected ids, or --top N",
          ids.size(),
          top);
      try (JobSession session = JobSession.open(settings, "review-accept")) {
        LabelReview review = review(session);
        List<ReviewItem> items = review.items();
        List<ReviewItem> chosen =
            top > 0
                ? open(items).stream().limit(top).toList()
                : ids.stream().map(id -> LabelReview.find(items, id)).toList();
        return made(
            review.decide(
                chosen.stream().map(item -> new Wish(item.id(), item.suggested())).toList(),
                person.name));
      }
    }
  }

  /** {@code review relabel}. */
  @Command(
      name = "relabel",
      description = "Gives a row another label; the label it has keeps it as it is.",
      mixinStandardHelpOptions = true)
  static final class RelabelJob implements Callable<Integer> {
    @Mixin private SettingsOptions settings;
    @Mixin private Person person;

    @Parameters(index = "0", paramLabel = "ID", description = "The row's id, or how it begins.")
    private String id;

    @Parameters(index = "1", paramLabel = "LABEL", description = "The right label.")
    private String label;

    @Override
    public Integer call() {
      try (JobSession session = JobSession.open(settings, "review-relabel")) {
        return made(review(session).decide(List.of(new Wish(id, label)), person.name));
      }
    }
  }

  /** {@code review export}. */
  @Command(
      name = "export",
      description = "Writes the open rows to a CSV file; fill its column decided_label.",
      mixinStandardHelpOptions = true)
  static final class ExportJob implements Callable<Integer> {
    @Mixin private SettingsOptions settings;

    @Option(names = "--all", description = "Decided rows too.")
    private boolean all;

    @Parameters(paramLabel = "FILE", description = "Where to write.")
    private Path file;

    @Override
    public Integer call() {
      try (JobSession session = JobSession.open(settings, "review-export")) {
        List<ReviewItem> items = all ? review(session).items() : open(review(session).items());
        ReviewFile.write(file, items);
        System.out.println(
            "Wrote " + items.size() + " rows; fill decided_label, then: review import " + file);
        return 0;
      }
    }
  }

  /** {@code review import}. */
  @Command(
      name = "import",
      description = "Takes decisions from a CSV file that review export wrote.",
      mixinStandardHelpOptions = true)
  static final class ImportJob implements Callable<Integer> {
    @Mixin private SettingsOptions settings;
    @Mixin private Person person;

    @Parameters(paramLabel = "FILE", description = "CSV with the columns id and decided_label.")
    private Path file;

    @Override
    public Integer call() {
      List<Wish> wishes = ReviewFile.read(file);
      try (JobSession session = JobSession.open(settings, "review-import")) {
        return made(review(session).decide(wishes, person.name));
      }
    }
  }

  private static LabelReview review(JobSession session) {
    return new LabelReview(
        session.warehouse().tables(), Clock.systemUTC(), session.useCase().labels());
  }

  private static List<ReviewItem> open(List<ReviewItem> items) {
    return items.stream().filter(item -> item.decision().equals(LabelReviewTable.OPEN)).toList();
  }

  private static int made(LabelReview.Made made) {
    System.out.printf(
        Locale.ROOT,
        "%d decisions kept, %d made before; they take effect at the next curate or run%n",
        made.written(),
        made.unchanged());
    return made.written() == 0 ? ErrorCode.NOTHING_TO_DO.exitCode() : 0;
  }
}
