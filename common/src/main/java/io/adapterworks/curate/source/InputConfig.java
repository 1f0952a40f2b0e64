package io.adapterworks.curate.source;

import io.adapterworks.error.Check;
import java.util.Optional;

/**
 * One input of a use case.
 *
 * @param path a file, a folder or a pattern such as {@code logs/*.jsonl.gz}
 * @param format how its files are written; by their names where absent
 * @param columns which column holds what
 */
public record InputConfig(String path, Optional<InputFormat> format, ColumnMapping columns) {
  public InputConfig {
    Check.notBlank("inputs.path", path);
  }
}
