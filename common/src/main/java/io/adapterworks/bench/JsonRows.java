package io.adapterworks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;

/** The rows of a file that holds one JSON array. */
final class JsonRows {
  private JsonRows() {}

  /** Fails with INPUT where the file is not there, or is anything else. */
  static JsonNode read(Path file) {
    JsonNode rows;
    try {
      rows = new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.INPUT, file + " is no JSON array: " + e.getMessage(), e);
    }
    Check.that(rows.isArray(), ErrorCode.INPUT, "%s is no JSON array", file);
    return rows;
  }
}
