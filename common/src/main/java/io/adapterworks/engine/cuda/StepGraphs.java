package io.adapterworks.engine.cuda;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.global.cudart;

/**
 * Steps as CUDA graphs. A step's first run is launched kernel by kernel, so that whatever is made
 * at first use is made; its second is recorded; from then on the recording is played.
 */
final class StepGraphs implements AutoCloseable {
  private static final int MOST = 128;

  /** Keys remembered that have run once; beyond that they are forgotten, and recorded later. */
  private static final int MOST_SEEN = 4096;

  private final CudaDevice device;
  private final Set<Object> seen = new HashSet<>();
  private final Map<Object, CUgraphExec_st> graphs = new LinkedHashMap<>(16, 0.75f, true);

  StepGraphs(CudaDevice device) {
    this.device = device;
  }

  void run(Object key, Runnable step) {
    CUgraphExec_st graph = graphs.get(key);
    if (seen.size() > MOST_SEEN) {
      seen.retainAll(graphs.keySet());
    }
    if (graph == null && seen.add(key)) {
      step.run();
      return;
    }
    if (graph == null) {
      graph = record(step);
      graphs.put(key, graph);
      forgetOldest();
    }
    CudaStatus.runtime(cudart.cudaGraphLaunch(graph, device.stream()), "playing a step");
  }

  private CUgraphExec_st record(Runnable step) {
    CudaStatus.runtime(
        cudart.cudaStreamBeginCapture(device.stream(), cudart.cudaStreamCaptureModeThreadLocal),
        "starting to record a step");
    CUgraph_st graph = new CUgraph_st();
    try {
      step.run();
    } finally {
      CudaStatus.runtime(cudart.cudaStreamEndCapture(device.stream(), graph), "recording a step");
    }
    CUgraphExec_st executable = new CUgraphExec_st();
    CudaStatus.runtime(
        cudart.cudaGraphInstantiate(executable, graph, 0), "preparing a recorded step");
    CudaStatus.runtime(cudart.cudaGraphDestroy(graph), "dropping a recording");
    return executable;
  }

  private void forgetOldest() {
    if (graphs.size() > MOST) {
      Object oldest = graphs.keySet().iterator().next();
      destroy(graphs.remove(oldest));
      seen.remove(oldest);
    }
  }

  private static void destroy(CUgraphExec_st graph) {
    CudaStatus.runtime(cudart.cudaGraphExecDestroy(graph), "dropping a step");
  }

  @Override
  public void close() {
    graphs.values().forEach(StepGraphs::destroy);
    graphs.clear();
  }
}
