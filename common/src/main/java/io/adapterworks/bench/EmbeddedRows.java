package io.adapterworks.bench;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.EmbeddingTable;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Labelled rows with their vectors, as label review, cells and the classifier take them. */
final class EmbeddedRows {
  private static final StructType SCHEMA =
      new StructType()
          .add(CuratedTable.ID, DataTypes.StringType)
          .add(CuratedTable.CLUSTER_ID, DataTypes.StringType)
          .add(CuratedTable.LABEL, DataTypes.StringType)
          .add(EmbeddingTable.VECTOR, DataTypes.createArrayType(DataTypes.FloatType, false));

  private EmbeddedRows() {}

  /** The id of the row at {@code place}; ids sort as places do. */
  static String id(int place) {
    return String.format(Locale.ROOT, "%08d", place);
  }

  /**
   * @param cluster what copies of each other share
   */
  static Row row(String id, String cluster, String label, float[] vector) {
    return RowFactory.create(id, cluster, label, vector);
  }

  /** Checkpointed: else every task of every step would carry the rows with it. */
  static Dataset<Row> table(SparkSession spark, List<Row> rows) {
    return spark.createDataFrame(rows, SCHEMA).localCheckpoint(true);
  }
}
