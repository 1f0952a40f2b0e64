package io.adapterworks.bench;

import io.adapterworks.curate.dataset.Example;
import io.adapterworks.curate.embedding.ClassifierConfig;
import io.adapterworks.curate.embedding.EmbeddingClassifier;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.Scores;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.pipeline.ClassifierTraining;
import io.adapterworks.pipeline.LabelledSplits;
import io.adapterworks.serve.AdapterClassifier;
import io.adapterworks.serve.TextEncoder;
import io.adapterworks.train.TrainingObserver;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Trains on rows that selection picks from a pool and on as many random rows of it, and tests both
 * on the same rows, which were taken from the file before.
 */
public final class SelectionBenchmark {
  private final SelectionDraw draw;
  private final ClassifierConfig linear;
  private final Training training;

  /** How both are trained. */
  public record Training(ClassifierTraining.Recipe recipe, EngineSettings engine) {}

  /**
   * Accuracy of the adapter and of logistic regression on embeddings.
   *
   * @param wrongSelected selected rows whose label pollution changed
   * @param leftOut rows that curation left out, by rule
   */
  public record Result(
      SelectionDraw.Pool pool,
      long seed,
      int poolRows,
      int rows,
      long wrongSelected,
      long wrongRandom,
      double selected,
      double random,
      double selectedLinear,
      double randomLinear,
      Map<String, Integer> leftOut) {}

  public SelectionBenchmark(SelectionDraw draw, ClassifierConfig linear, Training training) {
    this.draw = draw;
    this.linear = linear;
    this.training = training;
  }

  /** Compares once. */
  public Result run(SelectionDraw.Drawn drawn) {
    Linear classifier = new Linear(drawn);
    return new Result(
        drawn.pool(),
        drawn.seed(),
        drawn.poolRows(),
        drawn.selected().size(),
        drawn.wrongSelected(),
        drawn.wrongRandom(),
        adapter(drawn.selected(), drawn),
        adapter(drawn.random(), drawn),
        classifier.accuracy(drawn.selected()),
        classifier.accuracy(drawn.random()),
        drawn.leftOut());
  }

  private double adapter(List<Example> examples, SelectionDraw.Drawn drawn) {
    List<LabelledText> test = SelectionDraw.Drawn.texts(drawn.test());
    LabelledSplits splits =
        new LabelledSplits(SelectionDraw.Drawn.texts(examples), List.of(), test);
    try (BaseModel base = BaseModelReader.open(training.recipe().base().model());
        Engine engine = EngineFactory.open(training.engine())) {
      ClassifierTraining.Trained trained =
          new ClassifierTraining(engine, base, training.recipe(), drawn.seed())
              .train(splits, splits.labels(), new TrainingObserver() {}, Optional.empty());
      try (BertPass pass =
          new BertPass(engine, base, trained.adapter(), ClassificationObjective.CROSS_ENTROPY)) {
        TextEncoder encoder =
            new TextEncoder(base.tokenizer(), training.recipe().base().maxTokens());
        return Scores.of(Outcomes.of(new AdapterClassifier(pass, encoder, splits.labels()), test))
            .accuracy()
            .value();
      }
    }
  }

  /** Logistic regression on embeddings, tested on the held-out rows. */
  private final class Linear {
    private final EmbeddingClassifier classifier;
    private final Dataset<Row> test;

    Linear(SelectionDraw.Drawn drawn) {
      List<String> labels =
          Stream.of(drawn.test(), drawn.selected(), drawn.random())
              .flatMap(List::stream)
              .map(Example::label)
              .distinct()
              .sorted()
              .toList();
      this.classifier = new EmbeddingClassifier(linear, labels);
      this.test = classifier.prepare(draw.table(drawn.test()));
    }

    double accuracy(List<Example> examples) {
      Dataset<Row> prepared = classifier.prepare(draw.table(examples)).coalesce(2).cache();
      return classifier.accuracy(classifier.fit(prepared), test);
    }
  }
}
