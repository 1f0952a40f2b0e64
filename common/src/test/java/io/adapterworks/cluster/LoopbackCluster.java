package io.adapterworks.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A cluster that {@code scripts/cluster} started, with this process's class path. */
final class LoopbackCluster implements AutoCloseable {
  private static final Path ROOT = Path.of(System.getProperty("adapterworks.root", ".."));

  private final Path state;
  private final String url;

  /**
   * @param state where the cluster notes what runs
   * @param options of {@code scripts/cluster up}
   */
  LoopbackCluster(Path state, String... options) {
    this.state = state;
    List<String> command = new ArrayList<>(List.of("up"));
    command.addAll(List.of(options));
    this.url = script(command);
  }

  String url() {
    return url;
  }

  private String script(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("scripts/cluster").toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("ADAPTERWORKS_CLUSTER", state.toString());
    builder.environment().put("ADAPTERWORKS_CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.redirectError(state.resolveSibling(state.getFileName() + ".err").toFile());
    try {
      Process process = builder.start();
      String out =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(120, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(
            command + ": " + Files.readString(state.resolveSibling(state.getFileName() + ".err")));
      }
      return out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Worker {@code number}, from 1, if it lives. */
  Optional<ProcessHandle> worker(int number) {
    try {
      String pid = Files.readString(state.resolve("worker-" + number + ".pid")).strip();
      return ProcessHandle.of(Long.parseLong(pid));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The executor that a worker runs, once it is there. */
  ProcessHandle executorOf(int worker) {
    for (int tenths = 0; tenths < 300; tenths++) {
      // A worker has no other children.
      Optional<ProcessHandle> executor =
          worker(worker).flatMap(process -> process.children().findFirst());
      if (executor.isPresent()) {
        return executor.get();
      }
      pause();
    }
    throw new IllegalStateException("worker " + worker + " runs no executor");
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Sends a signal, for example {@code -STOP}, as a person would. */
  static void signal(ProcessHandle process, String signal) {
    try {
      int outcome =
          new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
      if (outcome != 0) {
        throw new IllegalStateException("kill " + signal + " ended with " + outcome);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    script(List.of("down"));
  }
}
