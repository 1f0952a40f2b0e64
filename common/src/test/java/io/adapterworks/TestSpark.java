package io.adapterworks;

import io.adapterworks.cluster.DevicePlugin;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** The one local Spark session that all tests of this process share. Never close it. */
public final class TestSpark {
  private TestSpark() {}

  public static SparkSession session() {
    return Holder.SESSION;
  }

  /** A session beside it that generates code for whole stages, as users' sessions do. */
  public static SparkSession generatingCode() {
    SparkSession session = session().newSession();
    session.conf().set("spark.sql.codegen.wholeStage", "true");
    return session;
  }

  private static final class Holder {
    private static final SparkSession SESSION =
        SparkSessions.open(
            "tests",
            new SparkConfig(
                "local[2]",
                2,
                Map.of(
                    "spark.databricks.delta.snapshotPartitions", "1",
                    // Generating classes for a dozen rows was a fifth of the tests' time.
                    "spark.sql.codegen.wholeStage", "false",
                    "spark.plugins", DevicePlugin.class.getName(),
                    "spark.hadoop.fs.full.impl", "io.adapterworks.table.FullDisk",
                    "spark.hadoop.fs.AbstractFileSystem.full.impl",
                        "io.adapterworks.table.FullDisk$Context",
                    "spark.hadoop.fs.full.room",
                        ".*/room-but-for-adapters/(?!adapters).*|.*/_locks/.*",
                    "spark.delta.logStore.full.impl", "io.delta.storage.LocalLogStore")));
  }
}
