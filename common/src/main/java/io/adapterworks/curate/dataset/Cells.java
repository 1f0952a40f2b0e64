package io.adapterworks.curate.dataset;

import static org.apache.spark.ml.functions.array_to_vector;
import static org.apache.spark.sql.functions.col;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.EmbeddingTable;
import java.util.List;
import org.apache.spark.ml.clustering.KMeans;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Parts of the embedding space, by MLlib's k-means, so that rows are compared with rows of their
 * part only and the work grows with the number of rows, not with its square.
 */
public final class Cells {
  private static final String FEATURES = "features";
  private static final int ITERATIONS = 10;
  private static final long SEED = 1;

  private final double[][] centres;

  private Cells(double[][] centres) {
    this.centres = centres;
  }

  /**
   * Fits about one cell for every {@code cellSize} rows.
   *
   * @param rows id and vector
   * @param count how many rows there are
   */
  public static Cells fit(Dataset<Row> rows, long count, int cellSize) {
    int wanted = (int) Math.max(1, count / cellSize);
    if (wanted == 1) {
      return new Cells(new double[1][0]);
    }
    Dataset<Row> features =
        rows.orderBy(CuratedTable.ID)
            .select(array_to_vector(col(EmbeddingTable.VECTOR)).as(FEATURES))
            .cache();
    try {
      Vector[] fitted =
          new KMeans()
              .setK(wanted)
              .setDistanceMeasure("cosine")
              .setMaxIter(ITERATIONS)
              .setSeed(SEED)
              .setFeaturesCol(FEATURES)
              .fit(features)
              .clusterCenters();
      return new Cells(
          java.util.Arrays.stream(fitted).map(Vector::toArray).toArray(double[][]::new));
    } finally {
      features.unpersist();
    }
  }

  /** The cell of a vector and, where there are several, the next nearest. */
  List<Integer> of(float[] vector) {
    if (centres.length == 1) {
      return List.of(0);
    }
    int best = -1;
    int second = -1;
    double[] similarities = new double[centres.length];
    for (int i = 0; i < centres.length; i++) {
      similarities[i] = cosine(vector, centres[i]);
      if (best < 0 || similarities[i] > similarities[best]) {
        second = best;
        best = i;
      } else if (second < 0 || similarities[i] > similarities[second]) {
        second = i;
      }
    }
    return List.of(best, second);
  }

  private static double cosine(float[] vector, double[] centre) {
    double dot = 0;
    double squares = 0;
    for (int i = 0; i < centre.length; i++) {
      dot += vector[i] * centre[i];
      squares += centre[i] * centre[i];
    }
    return dot / Math.sqrt(Math.max(Double.MIN_NORMAL, squares));
  }
}
