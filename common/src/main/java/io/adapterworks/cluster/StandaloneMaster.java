package io.adapterworks.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.master.MasterMessages.BoundPortsRequest$;
import org.apache.spark.deploy.master.MasterMessages.BoundPortsResponse;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcEndpointRef;
import scala.reflect.ClassTag$;

/**
 * Asks the master of a Spark standalone cluster why no executor comes. Its web page has the answer
 * as JSON; what it sends by Spark's own messages leaves out which workers are dead.
 */
final class StandaloneMaster {
  private static final String SCHEME = "spark://";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final String master;
  private final Need need;

  /** What one executor needs. */
  record Need(int cores, int memoryMegabytes, int gpus) {
    @Override
    public String toString() {
      return cores
          + (cores == 1 ? " core, " : " cores, ")
          + memoryMegabytes
          + " MB"
          + (gpus > 0 ? " and " + gpus + " GPU" : "");
    }
  }

  /** So much of a worker is there, or free. */
  private record Room(int cores, int memoryMegabytes, int gpus) {
    boolean holds(Need need) {
      return cores >= need.cores && memoryMegabytes >= need.memoryMegabytes && gpus >= need.gpus;
    }
  }

  /** A live worker. */
  private record Worker(String address, Room whole, Room free) {
    @Override
    public String toString() {
      String gpus = whole.gpus == 0 ? "no GPU" : free.gpus + " of " + whole.gpus + " GPUs";
      return String.format(
          Locale.ROOT,
          "worker %s has %d of %d cores, %d of %d MB and %s free",
          address,
          free.cores,
          whole.cores,
          free.memoryMegabytes,
          whole.memoryMegabytes,
          gpus);
    }
  }

  /**
   * @param master the Spark master's URL, of any kind
   */
  StandaloneMaster(String master, Need need) {
    this.master = master;
    this.need = need;
  }

  ClusterAnswer ask() {
    if (!master.startsWith(SCHEME)) {
      return new ClusterAnswer.Unknown(
          master + " does not say why; look at its own list of applications and resources");
    }
    RpcAddress first = RpcAddress.fromSparkURL(master.split(",", 2)[0]);
    try {
      RpcEndpointRef endpoint = SparkEnv.get().rpcEnv().setupEndpointRef(first, "Master");
      BoundPortsResponse ports =
          endpoint.askSync(
              BoundPortsRequest$.MODULE$, ClassTag$.MODULE$.apply(BoundPortsResponse.class));
      return answer(
          state(URI.create("http://" + first.host() + ":" + ports.webUIPort() + "/json/")));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return new ClusterAnswer.Unknown("the question to " + master + " was interrupted");
    } catch (Exception unreachable) {
      // Exception: Scala code throws checked ones that it does not declare.
      return new ClusterAnswer.Unknown(
          "the master " + master + " does not say why: " + unreachable.getMessage());
    }
  }

  private static JsonNode state(URI page) throws IOException, InterruptedException {
    HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    HttpRequest request = HttpRequest.newBuilder(page).timeout(PATIENCE).build();
    return new ObjectMapper().readTree(client.send(request, BodyHandlers.ofString()).body());
  }

  private ClusterAnswer answer(JsonNode state) {
    List<Worker> workers = new ArrayList<>();
    for (JsonNode worker : state.path("workers")) {
      if (worker.path("state").asText("").equals("ALIVE")) {
        workers.add(
            new Worker(
                worker.path("host").asText("") + ":" + worker.path("port").asInt(),
                room(worker, "cores", "memory", "resources"),
                room(worker, "coresfree", "memoryfree", "resourcesfree")));
      }
    }
    if (workers.isEmpty()) {
      return new ClusterAnswer.Impossible(
          master + " has no live worker; start one, for example with scripts/cluster up");
    }
    String described = workers.stream().map(Worker::toString).collect(Collectors.joining("; "));
    if (workers.stream().noneMatch(worker -> worker.whole.holds(need))) {
      String cure =
          need.gpus > 0
              ? "start workers with spark.worker.resource.gpu.amount and"
                  + " spark.worker.resource.gpu.discoveryScript=scripts/gpu-discovery, or set"
                  + " engine.device=cpu"
              : "lower spark.executor.cores and spark.executor.memory, or start larger workers";
      return new ClusterAnswer.Impossible(
          String.format(
              Locale.ROOT,
              "an executor needs %s, but no worker of %s is that large (%s); %s",
              need,
              master,
              described,
              cure));
    }
    return new ClusterAnswer.Busy(
        String.format(
            Locale.ROOT,
            "%s is busy: an executor needs %s; %s; other applications: %s",
            master,
            need,
            described,
            otherApplications(state)));
  }

  private static Room room(JsonNode worker, String cores, String memory, String resources) {
    return new Room(
        worker.path(cores).asInt(),
        worker.path(memory).asInt(),
        worker.path(resources).path(ExecutorDevices.GPU).path("addresses").size());
  }

  private static String otherApplications(JsonNode state) {
    String own = SparkEnv.get().conf().getAppId();
    List<String> others = new ArrayList<>();
    for (JsonNode application : state.path("activeapps")) {
      String id = application.path("id").asText("");
      if (!id.equals(own)) {
        others.add(application.path("name").asText("") + " (" + id + ")");
      }
    }
    return others.isEmpty() ? "none" : String.join(", ", others);
  }
}
