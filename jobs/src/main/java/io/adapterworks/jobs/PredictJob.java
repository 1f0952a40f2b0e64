package io.adapterworks.jobs;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.Prediction;
import io.adapterworks.pipeline.AdapterSession;
import io.adapterworks.pipeline.GenerationSession;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRef;
import io.adapterworks.train.TrainingProgress.Display;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code predict}: asks a registered adapter about texts. */
@Command(
    name = "predict",
    description = {
      "Asks a registered adapter about texts.",
      "Prints each text and below it the likeliest labels with their probabilities. Without a"
          + " text it reads standard input, one text a line."
    },
    mixinStandardHelpOptions = true)
final class PredictJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--adapter",
      required = true,
      paramLabel = "NAME@VERSION",
      description = "The adapter: NAME@3, or NAME@champion.")
  private String adapter;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "3",
      description = "Labels to show for each text; default: ${DEFAULT-VALUE}.")
  private int top;

  @Parameters(paramLabel = "TEXT", arity = "0..*", description = "The texts.")
  private List<String> texts = List.of();

  @Override
  public Integer call() {
    AdapterRef ref = AdapterRef.parse(adapter);
    List<String> questions = texts.isEmpty() ? standardInput() : texts;
    Check.that(top > 0, ErrorCode.USAGE, "--top %d; expected 1 or more", top);
    Check.that(
        !questions.isEmpty(),
        ErrorCode.USAGE,
        "there is no text to predict; give one as an argument, or lines on standard input");
    try (JobSession session = JobSession.open(settings, "predict")) {
      AdapterManifest manifest = session.warehouse().registry().resolve(ref);
      if (GenerationSession.serves(manifest)) {
        TextAnswers.print(session, manifest, questions);
        return 0;
      }
      try (AdapterSession answering =
          AdapterSession.open(
              session.warehouse().registry(), manifest, session.useCase().engine())) {
        List<Prediction> predictions = answering.classifier().predict(questions);
        for (int i = 0; i < questions.size(); i++) {
          print(questions.get(i), manifest.task().labels(), predictions.get(i));
        }
      }
    }
    return 0;
  }

  private void print(String text, List<String> labels, Prediction prediction) {
    System.out.println(text);
    IntStream.range(0, labels.size())
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -prediction.probability(i)))
        .limit(top)
        .forEach(
            i ->
                System.out.printf(
                    Locale.ROOT,
                    "  %5.1f %%  %s%n",
                    100 * prediction.probability(i),
                    labels.get(i)));
  }

  private static List<String> standardInput() {
    if (Terminal.display() == Display.TERMINAL) {
      System.err.println("Reading texts from standard input, one a line; Ctrl-D ends them");
    }
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      return in.lines().filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
