package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pipeline.ClassifierTraining.Trained;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.serve.PromptFormat;
import io.adapterworks.tokenize.SequencePacker;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.Trainer;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import io.adapterworks.train.TrainingState;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Trains an adapter of a decoder to give the dataset's answers. */
final class GenerationTraining implements TaskTraining {
  /** What the manifest calls the task. */
  static final String KIND = ConfigReader.spelled(UseCase.Task.GENERATION);

  private final UseCase useCase;
  private final AnsweredDataset dataset;
  private final Consumer<String> log;
  private final PromptFormat format;

  GenerationTraining(UseCase useCase, AnsweredDataset dataset, Consumer<String> log) {
    this.useCase = useCase;
    this.dataset = dataset;
    this.log = log;
    this.format = new PromptFormat(useCase.generation().instruction());
  }

  @Override
  public String datasetTable() {
    return CuratedTable.SPEC.name();
  }

  @Override
  public long datasetVersion() {
    return dataset.version();
  }

  @Override
  public void requireExamples() {
    Check.that(
        !dataset.training().isEmpty(),
        ErrorCode.INPUT,
        "dataset version %d has no training rows with an answer; look at the rejected rows:"
            + " scripts/adapterworks query \"SELECT rule, reason, count(*) FROM curated_rejects"
            + " GROUP BY rule, reason\"",
        dataset.version());
  }

  @Override
  public void requireTest() {
    dataset.requireTest();
  }

  @Override
  public AdapterDraft.Task task() {
    return new AdapterDraft.Task(KIND, List.of(), "none", useCase.base().maxTokens());
  }

  @Override
  public Trained train(
      BaseModel base, TrainingSite site, TrainingObserver observer, Optional<TrainingState> from) {
    requireDecoder(base);
    GenerationSettings settings = useCase.generation();
    TrainingData data = data(base);
    LoraAdapter initial =
        LoraAdapter.initialise(base, useCase.lora(), Optional.empty(), useCase.seed());
    try (LlamaPass pass = site.decoder(initial, settings.memory())) {
      SequencePacker packer = new SequencePacker(settings.tokensPerBatch(), useCase.seed());
      tellPacking(packer, data.training());
      TrainingResult result =
          new Trainer(pass, useCase.training(), packer, observer)
              .train(data, from.orElseGet(() -> TrainingState.initial(initial.values())));
      return new Trained(initial.withValues(result.parameters()), result);
    }
  }

  private void tellPacking(SequencePacker packer, List<TokenRow> rows) {
    List<TokenBatch> batches = packer.epoch(rows, 0);
    log.accept(
        String.format(
            Locale.ROOT,
            "Packed %d training rows to %d steps of %d tokens: %.2f %% of positions hold no token",
            rows.size(),
            batches.size(),
            packer.capacity(),
            100 * packer.waste(batches)));
  }

  private static void requireDecoder(BaseModel base) {
    Check.that(
        base.config() instanceof LlamaConfig,
        ErrorCode.CONFIGURATION,
        "base.model=%s is a %s model, which generates nothing; expected a folder with a decoder of"
            + " the Llama family for task = generation",
        base.location(),
        base.config().modelType());
  }

  private TrainingData data(BaseModel base) {
    int context = base.config().maxPositions();
    int longest = Math.min(useCase.base().maxTokens(), useCase.generation().tokensPerBatch());
    Check.that(
        useCase.base().maxTokens() <= context,
        ErrorCode.CONFIGURATION,
        "base.maxTokens=%d exceeds the context of %s; expected at most %d",
        useCase.base().maxTokens(),
        base.location(),
        context);
    EncodedExamples training =
        EncodedExamples.of(dataset.training(), "training", base, format, longest);
    EncodedExamples validation =
        EncodedExamples.of(dataset.validation(), "validation", base, format, longest);
    training.notes().forEach(log);
    validation.notes().forEach(log);
    return new TrainingData(training.rows(), validation.rows());
  }

  @Override
  public Map<String, Double> metrics(BaseModel base, TrainingSite site, LoraAdapter adapter) {
    Map<String, Double> metrics = new TreeMap<>();
    if (dataset.test().isEmpty()) {
      return metrics;
    }
    try (LlamaPass pass = site.decoder(adapter, useCase.generation().memory())) {
      var foresight = new TextMeasuring(useCase, base, format).foresight(pass, dataset.test());
      metrics.put("perplexity", foresight.perplexity());
      metrics.put("tokenAccuracy", foresight.tokenAccuracy());
      return metrics;
    }
  }

  @Override
  public void addFiles(Path prepared) {
    format.write(prepared);
  }
}
