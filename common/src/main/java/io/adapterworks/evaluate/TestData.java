package io.adapterworks.evaluate;

import java.util.OptionalLong;

/**
 * The rows a model was tested on.
 *
 * @param dataset the table or file they come from
 * @param version the table's version; empty for a file
 * @param split which part of it, such as {@code test}; {@code all} for a whole file
 */
public record TestData(String dataset, OptionalLong version, String split) {
  /** The whole of a file. */
  public static TestData ofFile(String file) {
    return new TestData(file, OptionalLong.empty(), "all");
  }
}
