package io.adapterworks.jobs;

import io.adapterworks.pass.TextGenerator.Generated;
import io.adapterworks.pipeline.GenerationSession;
import io.adapterworks.pipeline.GenerationSettings;
import io.adapterworks.pipeline.UseCase;
import io.adapterworks.registry.AdapterManifest;
import java.util.List;

/** Prints what a generating adapter answers. */
final class TextAnswers {
  private TextAnswers() {}

  /** Each text, and its answer below it. */
  static void print(JobSession session, AdapterManifest manifest, List<String> texts) {
    UseCase useCase = session.useCase();
    GenerationSettings settings = useCase.generation();
    try (GenerationSession answering =
        GenerationSession.open(session.warehouse().registry(), manifest, useCase)) {
      List<Generated> answers =
          answering.generator(settings.promptsAtOnce()).answer(texts, settings.sampling());
      for (int i = 0; i < texts.size(); i++) {
        System.out.println(texts.get(i));
        answers.get(i).text().strip().lines().forEach(line -> System.out.println("  " + line));
      }
    }
  }
}
