package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.SequenceClassifier;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Where models answer that nobody trains: on an engine of this process, or, where the job runs on a
 * cluster, on the executors that train there too.
 */
public interface InferenceSite extends AutoCloseable {
  /** A model that answers. */
  record Opened(SequenceClassifier pass, Runnable beneath) implements AutoCloseable {
    @Override
    public void close() {
      pass.close();
      beneath.run();
    }
  }

  /**
   * Puts a model there; the caller closes it before the base.
   *
   * @param base the caller's to close
   */
  Opened open(BaseModel base, LoraAdapter adapter, EngineSettings settings);

  @Override
  void close();

  /**
   * Where a use case's models answer.
   *
   * @param log is told what people should know while the cluster has nothing free
   */
  static InferenceSite of(SparkSession spark, UseCase useCase, Consumer<String> log) {
    return spark.sparkContext().isLocal()
        ? new InProcessInference()
        : new ExecutorInference(new JavaSparkContext(spark.sparkContext()), useCase, log);
  }
}
