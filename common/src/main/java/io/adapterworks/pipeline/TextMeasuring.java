package io.adapterworks.pipeline;

import io.adapterworks.evaluate.TextMetrics;
import io.adapterworks.evaluate.TextMetrics.Foresight;
import io.adapterworks.evaluate.TextScores;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.LanguageModel;
import io.adapterworks.pass.TextGenerator.Generated;
import io.adapterworks.serve.AdapterGenerator;
import io.adapterworks.serve.PromptFormat;
import io.adapterworks.tokenize.SequencePacker;
import java.util.ArrayList;
import java.util.List;

/** Measures a decoder on examples: what it foresees of their answers, and what it answers. */
final class TextMeasuring {
  private final UseCase useCase;
  private final BaseModel base;
  private final PromptFormat format;

  TextMeasuring(UseCase useCase, BaseModel base, PromptFormat format) {
    this.useCase = useCase;
    this.base = base;
    this.format = format;
  }

  /** How well the answers of all examples are foreseen. */
  Foresight foresight(LanguageModel model, List<Example> examples) {
    int tokens = useCase.generation().tokensPerBatch();
    int longest = Math.min(useCase.base().maxTokens(), tokens);
    EncodedExamples encoded = EncodedExamples.of(examples, "test", base, format, longest);
    return TextMetrics.foresight(
        model, new SequencePacker(tokens, useCase.seed()).inOrder(encoded.rows()));
  }

  /** Both: the first {@code generation.answeredRows} examples are answered. */
  TextScores scores(LanguageModel model, List<Example> examples) {
    GenerationSettings settings = useCase.generation();
    AdapterGenerator generator =
        new AdapterGenerator(model, base, format, settings.promptsAtOnce());
    List<Example> asked =
        examples.subList(0, Math.min(examples.size(), settings.answeredRows())).stream()
            .filter(example -> generator.fits(example.text()))
            .toList();
    List<Generated> generated =
        generator.answer(asked.stream().map(Example::text).toList(), settings.sampling());
    List<TextScores.Answer> answers = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      Example example = asked.get(i);
      answers.add(
          new TextScores.Answer(example.text(), example.response(), generated.get(i).text()));
    }
    int unanswered = Math.min(examples.size(), settings.answeredRows()) - asked.size();
    return new TextScores(foresight(model, examples), answers, unanswered);
  }
}
