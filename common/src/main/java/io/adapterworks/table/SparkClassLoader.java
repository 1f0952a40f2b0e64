package io.adapterworks.table;

import java.util.function.Supplier;

/**
 * The class loader that Spark itself has. A notebook's shell runs each cell under a loader of its
 * own; Spark takes that of the calling thread for the code it generates, which then does not find
 * Spark's classes.
 */
public final class SparkClassLoader {
  private SparkClassLoader() {}

  /** Does work on Spark under its own class loader. */
  public static <T> T during(Supplier<T> work) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(SparkClassLoader.class.getClassLoader());
    try {
      return work.get();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
