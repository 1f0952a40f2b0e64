package io.adapterworks.engine.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * Which of cuBLASLt's suggestions was fastest for a product, kept in a file so that the next
 * process takes the same one: another algorithm may round differently.
 */
final class ProductChoices {
  private final Path file;
  private final Map<String, Integer> choices = new HashMap<>();

  /**
   * @param file one line a product: its description, a tab, the choice; made when missing
   */
  ProductChoices(Path file) {
    this.file = file;
    try {
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          int tab = line.indexOf('\t');
          if (tab > 0) {
            choices.put(line.substring(0, tab), Integer.parseInt(line.substring(tab + 1)));
          }
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot read the product choices " + file, failure);
    }
  }

  /** The choice made for a product, or -1. */
  int find(String product) {
    return choices.getOrDefault(product, -1);
  }

  void keep(String product, int choice) {
    choices.put(product, choice);
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(
          file,
          product + "\t" + choice + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot write the product choices " + file, failure);
    }
  }
}
