package io.adapterworks.curate;

import io.adapterworks.curate.duplicate.NearDuplicateConfig;
import io.adapterworks.curate.duplicate.Signature;
import io.adapterworks.curate.duplicate.TextKey;
import io.adapterworks.curate.row.Draft;
import io.adapterworks.curate.row.Rejection;
import io.adapterworks.curate.row.RowConfig;
import io.adapterworks.curate.row.RowPipeline;
import io.adapterworks.curate.row.RowPipeline.Outcome;
import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.CurationStateTable;
import io.adapterworks.curate.schema.RejectTable;
import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Runs the row steps over bronze rows, all in one pass. A row that passes comes out as a row of
 * {@link CurationStateTable}, one that does not keeps its step, rule, score, threshold and reason.
 */
final class RowPass implements Serializable {
  static final String STEP = "step";

  static final StructType SCHEMA =
      CurationStateTable.SPEC
          .schema()
          .add(STEP, DataTypes.StringType)
          .add(RejectTable.RULE, DataTypes.StringType)
          .add(RejectTable.SCORE, DataTypes.DoubleType)
          .add(RejectTable.THRESHOLD, DataTypes.DoubleType)
          .add(RejectTable.REASON, DataTypes.StringType);

  private final RowConfig rows;
  private final NearDuplicateConfig duplicates;

  RowPass(RowConfig rows, NearDuplicateConfig duplicates) {
    this.rows = rows;
    this.duplicates = duplicates;
  }

  Dataset<Row> apply(Dataset<Row> bronze) {
    return bronze.mapPartitions((MapPartitionsFunction<Row, Row>) this::pass, Encoders.row(SCHEMA));
  }

  private Iterator<Row> pass(Iterator<Row> bronze) {
    RowPipeline pipeline = new RowPipeline(rows);
    Signature signature = new Signature(duplicates);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return bronze.hasNext();
      }

      @Override
      public Row next() {
        Row row = bronze.next();
        return row(row, outcome(pipeline, row), signature);
      }
    };
  }

  private static Outcome outcome(RowPipeline pipeline, Row row) {
    String fault = row.getAs(BronzeTable.FAULT);
    return fault == null
        ? pipeline.run(row.getAs(BronzeTable.RAW), row.getAs(BronzeTable.COLUMNS))
        : pipeline.faulty(row.getAs(BronzeTable.RAW), fault, row.getAs(BronzeTable.FAULT_REASON));
  }

  private static Row row(Row bronze, Outcome outcome, Signature signature) {
    Draft draft = outcome.draft();
    Rejection rejection = outcome.rejection();
    Long node = null;
    long[] bands = null;
    byte[] packed = null;
    if (rejection == null) {
      String key = TextKey.of(draft.text(), draft.response());
      int[] shingles = signature.shingles(key);
      node = Signature.node(key);
      bands = signature.bands(shingles);
      packed = Signature.pack(shingles);
    }
    return RowFactory.create(
        bronze.getAs(BronzeTable.ID),
        node,
        bands,
        packed,
        draft.text(),
        draft.response(),
        draft.label(),
        CollectionConverters.asScala(draft.pii()),
        CollectionConverters.asScala(draft.scores()),
        outcome.sourceId(),
        bronze.getAs(BronzeTable.SOURCE),
        bronze.getAs(BronzeTable.LINE),
        bronze.getAs(BronzeTable.BATCH),
        outcome.step(),
        rejection == null ? null : rejection.rule(),
        rejection == null ? null : rejection.score(),
        rejection == null ? null : rejection.threshold(),
        rejection == null ? null : rejection.reason());
  }
}
