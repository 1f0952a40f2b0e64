package io.adapterworks.curate.embedding;

import static org.apache.spark.ml.functions.array_to_vector;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_position;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.EmbeddingTable;
import java.util.List;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.classification.LogisticRegressionModel;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * Multinomial logistic regression of MLlib on embeddings. Embeddings have length 1, so features are
 * not standardised: that would undo the base model's own weighting of directions.
 */
public final class EmbeddingClassifier {
  /** Index of a row's label, double. */
  public static final String CLASS = "class_index";

  /** Index of the likeliest label, double. */
  public static final String PREDICTED = "predicted_index";

  /** Probability of each label, an MLlib vector. */
  public static final String PROBABILITY = "probability";

  private static final String FEATURES = "features";
  private static final double DUST = 1e-6;

  private final ClassifierConfig config;
  private final List<String> labels;

  /**
   * @param labels in the order of the classes
   */
  public EmbeddingClassifier(ClassifierConfig config, List<String> labels) {
    this.config = config;
    this.labels = List.copyOf(labels);
  }

  /** Rows with label and vector, as {@link #fit} wants them. */
  public Dataset<Row> prepare(Dataset<Row> rows) {
    Column names = array(labels.stream().map(functions::lit).toArray(Column[]::new));
    // Says how many classes there are, even where a fold lacks one.
    var classes = NominalAttribute.defaultAttr().withName(CLASS).withNumValues(labels.size());
    return rows.withColumn(
            CLASS, array_position(names, col(CuratedTable.LABEL)).minus(1).cast("double"))
        .withColumn(CLASS, col(CLASS).as(CLASS, classes.toMetadata()))
        .withColumn(
            FEATURES,
            array_to_vector(functions.transform(col(EmbeddingTable.VECTOR), this::withoutDust)));
  }

  /**
   * Some dimensions of a base model are dead: all-MiniLM-L6-v2 puts 1e-33 there. MLlib divides the
   * penalty by each feature's variance; on such a one L-BFGS finds no step. Of an exact zero it
   * takes no notice.
   */
  private Column withoutDust(Column value) {
    return functions.when(functions.abs(value).lt(DUST), lit(0f)).otherwise(value);
  }

  /** Fits prepared rows. */
  public LogisticRegressionModel fit(Dataset<Row> prepared) {
    return new LogisticRegression()
        .setFamily("multinomial")
        .setStandardization(false)
        .setRegParam(config.regularisation())
        .setMaxIter(config.iterations())
        .setTol(config.tolerance())
        .setLabelCol(CLASS)
        .setFeaturesCol(FEATURES)
        .setPredictionCol(PREDICTED)
        .setProbabilityCol(PROBABILITY)
        .fit(prepared);
  }

  /** Share of prepared rows whose label is the likeliest. */
  public double accuracy(LogisticRegressionModel model, Dataset<Row> prepared) {
    return model
        .transform(prepared)
        .select(functions.avg(col(PREDICTED).equalTo(col(CLASS)).cast("double")))
        .head()
        .getDouble(0);
  }
}
