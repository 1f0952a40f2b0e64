package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.LongType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** Verified near duplicates, as links between keys; clusters are its connected components. */
public final class DuplicateEdgeTable {
  public static final String LEFT = "left_node";
  public static final String RIGHT = "right_node";

  public static final TableSpec SPEC =
      new TableSpec(
          "duplicate_edges",
          "Verified near duplicates; for curation itself.",
          List.of(
              new Column(LEFT, LongType, "Key hash of one text."),
              new Column(RIGHT, LongType, "Key hash of a near duplicate of it.")),
          List.of(LEFT, RIGHT));

  private DuplicateEdgeTable() {}
}
