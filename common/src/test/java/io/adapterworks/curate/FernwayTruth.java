package io.adapterworks.curate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The faults that were planted in the sample's messages. */
final class FernwayTruth {
  /** A planted fault; {@code detail} is the whole line of the truth file. */
  record Fault(String file, long line, String id, String kind, JsonNode detail) {
    String place() {
      return file + ":" + line;
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Fault> faults;

  private FernwayTruth(List<Fault> faults) {
    this.faults = List.copyOf(faults);
  }

  static Path folder() {
    return Path.of(System.getProperty("adapterworks.root"), "conf", "usecases", "fernway");
  }

  static FernwayTruth read() throws IOException {
    List<Fault> faults = new ArrayList<>();
    for (String line : Files.readAllLines(folder().resolve("truth.jsonl"))) {
      JsonNode node = JSON.readTree(line);
      faults.add(
          new Fault(
              node.get("file").asText(),
              node.get("line").asLong(),
              node.get("id").asText(),
              node.get("fault").asText(),
              node));
    }
    return new FernwayTruth(faults);
  }

  List<Fault> of(String kind) {
    return faults.stream().filter(fault -> fault.kind().equals(kind)).toList();
  }

  Stream<Fault> all() {
    return faults.stream();
  }
}
