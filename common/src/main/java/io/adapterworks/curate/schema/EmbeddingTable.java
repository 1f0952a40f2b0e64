package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.FloatType;
import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.createArrayType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** Base-model embeddings of texts, computed once. Append only. */
public final class EmbeddingTable {
  public static final String TEXT_HASH = "text_hash";
  public static final String MODEL = "model";
  public static final String VECTOR = "vector";

  public static final TableSpec SPEC =
      new TableSpec(
          "embeddings",
          "Base-model embeddings of curated texts, so that none is computed twice.",
          List.of(
              new Column(TEXT_HASH, StringType, "SHA-256 of the text, in hex."),
              new Column(MODEL, StringType, "Fingerprint of the base model and its pooling."),
              new Column(
                  VECTOR,
                  createArrayType(FloatType, false),
                  "The pooled embedding, scaled to length 1.")),
          List.of(TEXT_HASH, MODEL));

  private EmbeddingTable() {}
}
