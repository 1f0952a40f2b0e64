package io.adapterworks.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The job that holds a lock, and enough about its process to tell whether it still lives.
 *
 * @param token unique to this holding
 * @param started when the process started: a number of a process is given again to others
 * @param since when the lock was taken
 */
public record LockHolder(
    String token, String job, String host, long process, Instant started, Instant since) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Clocks of the same machine may be set between two looks at a process's start. */
  private static final Duration START_TOLERANCE = Duration.ofSeconds(3);

  static LockHolder thisProcess(String job) {
    ProcessHandle self = ProcessHandle.current();
    return new LockHolder(
        UUID.randomUUID().toString(), job, thisHost(), self.pid(), startOf(self), Instant.now());
  }

  /** Whether it runs on this machine, where its process can be looked up. */
  boolean isHere() {
    return host.equals(thisHost());
  }

  /** Whether the process that took the lock runs still; only for one that {@link #isHere}. */
  boolean lives() {
    return ProcessHandle.of(process)
        .filter(ProcessHandle::isAlive)
        .map(
            handle ->
                Duration.between(started, startOf(handle)).abs().compareTo(START_TOLERANCE) <= 0)
        .orElse(false);
  }

  String json() {
    ObjectNode node = JSON.createObjectNode();
    node.put("token", token).put("job", job).put("host", host).put("process", process);
    node.put("started", started.toString()).put("since", since.toString());
    return node.toString();
  }

  /** The holder that {@link #json} wrote, or empty where the text is torn. */
  static Optional<LockHolder> parse(String json) {
    try {
      JsonNode node = JSON.readTree(json);
      return Optional.of(
          new LockHolder(
              node.required("token").asText(),
              node.required("job").asText(),
              node.required("host").asText(),
              node.required("process").asLong(),
              Instant.parse(node.required("started").asText()),
              Instant.parse(node.required("since").asText())));
    } catch (JsonProcessingException | RuntimeException torn) {
      return Optional.empty();
    }
  }

  /** In words: {@code nightly (process 12 on host, since …)}. */
  public String describe() {
    return job + " (process " + process + " on " + host + ", since " + since + ")";
  }

  private static Instant startOf(ProcessHandle handle) {
    return handle.info().startInstant().orElse(Instant.EPOCH);
  }

  private static String thisHost() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException unnamed) {
      return "localhost";
    }
  }
}
