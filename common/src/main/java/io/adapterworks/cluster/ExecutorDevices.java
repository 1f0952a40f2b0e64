package io.adapterworks.cluster;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tokenize.Tokenizer;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * The devices of one executor process and the models on them, which outlive the tasks of a round. A
 * task runs on the device whose address Spark gave it, or, where it asked for none, on a share of
 * the processor that no other task uses.
 */
final class ExecutorDevices implements ExecutorPlugin {
  /** The resource that a task asks Spark for. */
  static final String GPU = "gpu";

  /**
   * The one of this process. Spark makes one plugin for each executor process and ends it, but
   * gives tasks no way to it.
   */
  private static final AtomicReference<ExecutorDevices> OF_PROCESS = new AtomicReference<>();

  private final Map<String, Device> devices = new TreeMap<>();
  private final Map<String, BaseModel> bases = new HashMap<>();
  private String executor;

  @Override
  public void init(PluginContext context, Map<String, String> configuration) {
    executor = context.executorID();
    OF_PROCESS.set(this);
  }

  /** Work on a device. */
  @FunctionalInterface
  interface Work<T> {
    T on(DeviceModel model);
  }

  /** What came of work, where it was done and how long it took. */
  record Done<T>(T result, String place, long nanos) implements Serializable {}

  /** Runs {@code work} on the device of the task that calls. */
  static <T> Done<T> run(ModelSpec spec, Work<T> work) {
    return ofProcess().runHere(spec, work);
  }

  /** What the task that calls computes with. */
  static EngineInfo engine(ModelSpec spec) {
    ResourceInformation gpu = TaskContext.get().resourcesJMap().get(GPU);
    try (Engine engine = EngineFactory.open(settings(spec, gpu), card(gpu))) {
      return engine.info();
    }
  }

  /** The tokenizer of the base model. */
  static Tokenizer tokenizer(ModelSpec spec) {
    return ofProcess().base(spec.base(), spec.fingerprint()).tokenizer();
  }

  private static ExecutorDevices ofProcess() {
    ExecutorDevices devices = OF_PROCESS.get();
    Check.that(
        devices != null,
        ErrorCode.CONFIGURATION,
        "this executor holds no devices; expected spark.plugins to name %s when the session starts",
        DevicePlugin.class.getName());
    return devices;
  }

  private <T> Done<T> runHere(ModelSpec spec, Work<T> work) {
    ResourceInformation gpu = TaskContext.get().resourcesJMap().get(GPU);
    Device device = gpu == null ? freeProcessor() : card(gpu.addresses()[0]);
    EngineSettings settings = settings(spec, gpu);
    // What the plugin's context says of the host fails on executors.
    String host = SparkEnv.get().blockManager().blockManagerId().host();
    String place = "executor " + executor + " on " + host + ", " + device.name();
    return device.run(
        new Device.Opening(spec, settings, () -> base(spec.base(), spec.fingerprint()), card(gpu)),
        model -> {
          long begun = System.nanoTime();
          T result = work.on(model);
          return new Done<>(result, place, System.nanoTime() - begun);
        });
  }

  /** As many threads as the task has cores; a card that Spark did not give is not the task's. */
  private static EngineSettings settings(ModelSpec spec, ResourceInformation gpu) {
    EngineSettings asked = spec.engine().withThreads(TaskContext.get().cpus());
    boolean onProcessor = gpu == null && asked.device() == EngineSettings.Device.AUTO;
    return onProcessor
        ? new EngineSettings(EngineSettings.Device.CPU, asked.dtype(), asked.threads())
        : asked;
  }

  private static int card(ResourceInformation gpu) {
    if (gpu == null) {
      return 0;
    }
    Check.that(
        gpu.addresses().length == 1,
        ErrorCode.DEVICE,
        "Spark gave one training task %d GPUs; expected spark.task.resource.gpu.amount=1",
        gpu.addresses().length);
    String address = gpu.addresses()[0];
    try {
      return Integer.parseInt(address);
    } catch (NumberFormatException e) {
      throw new AdapterworksException(
          ErrorCode.DEVICE,
          "Spark gave the task the GPU '"
              + address
              + "'; expected the number of a card, as scripts/gpu-discovery prints it",
          e);
    }
  }

  private synchronized Device card(String address) {
    return devices.computeIfAbsent("gpu " + address, Device::new).claim();
  }

  private synchronized Device freeProcessor() {
    for (int share = 0; ; share++) {
      Device device = devices.computeIfAbsent("processor share " + share, Device::new);
      if (!device.isClaimed()) {
        return device.claim();
      }
    }
  }

  private synchronized BaseModel base(String location, String fingerprint) {
    BaseModel base = bases.computeIfAbsent(location, BaseModelReader::open);
    Check.that(
        base.fingerprint().equals(fingerprint),
        ErrorCode.MODEL,
        "base.model=%s is another model on this executor (%s) than on the driver (%s); expected one"
            + " shared folder, or equal copies",
        location,
        base.fingerprint(),
        fingerprint);
    return base;
  }

  @Override
  public synchronized void shutdown() {
    OF_PROCESS.compareAndSet(this, null);
    devices.values().forEach(Device::close);
    devices.clear();
    bases.values().forEach(BaseModel::close);
    bases.clear();
  }
}
