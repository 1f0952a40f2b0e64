package io.adapterworks.curate.embedding;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.sha2;

import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.EmbeddingTable;
import io.adapterworks.table.DeltaStore;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Gives rows the embedding of their text; what was computed before is read from the table. */
public final class EmbeddingStore {
  /** Rows written at once: a run that is killed loses at most these. */
  private static final int CHUNK = 8192;

  private static final int HASH_BITS = 256;

  private final DeltaStore store;
  private final TextEmbedder embedder;

  public EmbeddingStore(DeltaStore store, TextEmbedder embedder) {
    this.store = store;
    this.embedder = embedder;
  }

  /** The rows, each with the column {@link EmbeddingTable#VECTOR} of its column text. */
  public Dataset<Row> withVectors(Dataset<Row> rows) {
    Dataset<Row> hashed =
        rows.withColumn(EmbeddingTable.TEXT_HASH, sha2(col(CuratedTable.TEXT), HASH_BITS));
    computeMissing(hashed);
    return hashed
        .join(known(), scala.jdk.javaapi.CollectionConverters.asScala(HASH).toSeq())
        .drop(EmbeddingTable.TEXT_HASH);
  }

  private static final List<String> HASH = List.of(EmbeddingTable.TEXT_HASH);

  /**
   * Vectors of this model by the hash of their text; two runs at once may have written one twice.
   */
  private Dataset<Row> known() {
    return store
        .readOrEmpty(EmbeddingTable.SPEC)
        .where(col(EmbeddingTable.MODEL).equalTo(embedder.model()))
        .select(EmbeddingTable.TEXT_HASH, EmbeddingTable.VECTOR)
        .dropDuplicates(EmbeddingTable.TEXT_HASH);
  }

  private void computeMissing(Dataset<Row> hashed) {
    Dataset<Row> there = known().select(col(EmbeddingTable.TEXT_HASH).as("there"));
    List<Row> missing =
        hashed
            .select(EmbeddingTable.TEXT_HASH, CuratedTable.TEXT)
            .dropDuplicates(EmbeddingTable.TEXT_HASH)
            .join(
                broadcast(there), col(EmbeddingTable.TEXT_HASH).equalTo(col("there")), "left_anti")
            .orderBy(EmbeddingTable.TEXT_HASH)
            .collectAsList();
    for (int from = 0; from < missing.size(); from += CHUNK) {
      write(missing.subList(from, Math.min(missing.size(), from + CHUNK)));
    }
  }

  private void write(List<Row> texts) {
    float[][] vectors = embedder.embed(texts.stream().map(row -> row.getString(1)).toList());
    List<Row> rows = new ArrayList<>(vectors.length);
    for (int i = 0; i < vectors.length; i++) {
      rows.add(RowFactory.create(texts.get(i).getString(0), embedder.model(), vectors[i]));
    }
    store.append(
        EmbeddingTable.SPEC, store.spark().createDataFrame(rows, EmbeddingTable.SPEC.schema()));
  }
}
