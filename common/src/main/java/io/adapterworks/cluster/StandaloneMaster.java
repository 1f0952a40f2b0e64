package io.adapterworks.cluster;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.DeployMessages.MasterStateResponse;
import org.apache.spark.deploy.DeployMessages.RequestMasterState$;
import org.apache.spark.deploy.master.ApplicationInfo;
import org.apache.spark.deploy.master.WorkerInfo;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcEndpointRef;
import scala.reflect.ClassTag$;

/**
 * Asks the master of a Spark standalone cluster why no executor comes, by the message with which
 * its own web page asks.
 */
final class StandaloneMaster {
  private static final String SCHEME = "spark://";

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
    String first = master.split(",", 2)[0];
    try {
      RpcEndpointRef endpoint =
          SparkEnv.get().rpcEnv().setupEndpointRef(RpcAddress.fromSparkURL(first), "Master");
      MasterStateResponse state =
          endpoint.askSync(
              RequestMasterState$.MODULE$, ClassTag$.MODULE$.apply(MasterStateResponse.class));
      return answer(
          Arrays.stream(state.workers()).filter(WorkerInfo::isAlive).toList(), state.activeApps());
    } catch (RuntimeException unreachable) {
      return new ClusterAnswer.Unknown(
          "the master " + first + " does not answer: " + unreachable.getMessage());
    }
  }

  private ClusterAnswer answer(List<WorkerInfo> workers, ApplicationInfo[] applications) {
    if (workers.isEmpty()) {
      return new ClusterAnswer.Impossible(
          master + " has no live worker; start one, for example with scripts/cluster up");
    }
    if (workers.stream().noneMatch(this::couldRun)) {
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
              workers.stream().map(StandaloneMaster::describe).collect(Collectors.joining("; ")),
              cure));
    }
    String own = SparkEnv.get().conf().getAppId();
    String others =
        Arrays.stream(applications)
            .filter(application -> !application.id().equals(own))
            .map(application -> application.desc().name() + " (" + application.id() + ")")
            .collect(Collectors.joining(", "));
    return new ClusterAnswer.Busy(
        String.format(
            Locale.ROOT,
            "%s is busy: an executor needs %s; %s; other applications: %s",
            master,
            need,
            workers.stream().map(StandaloneMaster::describe).collect(Collectors.joining("; ")),
            others.isEmpty() ? "none" : others));
  }

  private boolean couldRun(WorkerInfo worker) {
    return worker.cores() >= need.cores
        && worker.memory() >= need.memoryMegabytes
        && gpus(worker) >= need.gpus;
  }

  private static int gpus(WorkerInfo worker) {
    var gpu = worker.resourcesInfo().get(ExecutorDevices.GPU);
    return gpu.isEmpty() ? 0 : gpu.get().addresses().length;
  }

  private static int freeGpus(WorkerInfo worker) {
    var gpu = worker.resourcesInfoFree().get(ExecutorDevices.GPU);
    return gpu.isEmpty() ? 0 : gpu.get().addresses().length;
  }

  /** The master does not send how many cores and how much memory are free. */
  private static String describe(WorkerInfo worker) {
    String gpus =
        gpus(worker) == 0 ? "no GPU" : freeGpus(worker) + " of " + gpus(worker) + " GPUs free";
    return String.format(
        Locale.ROOT,
        "worker %s has %d cores, %d MB, %s",
        worker.hostPort(),
        worker.cores(),
        worker.memory(),
        gpus);
  }
}
