package io.adapterworks.curate.source;

import java.util.List;

/**
 * The files of an input.
 *
 * @param ready files to read, by name
 * @param growing files that may be growing, left for a later run
 */
public record FileListing(List<InputFile> ready, List<InputFile> growing) {
  public FileListing {
    ready = List.copyOf(ready);
    growing = List.copyOf(growing);
  }
}
