package io.adapterworks.engine.cuda;

import io.adapterworks.engine.ActivationOps;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.CachedAttentionOps;
import io.adapterworks.engine.DeviceMemory;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.GatedOps;
import io.adapterworks.engine.LinearOps;
import io.adapterworks.engine.LossOps;
import io.adapterworks.engine.NormOps;
import io.adapterworks.engine.ProjectionOps;
import io.adapterworks.engine.SequenceOps;
import io.adapterworks.engine.TransferOps;
import io.adapterworks.engine.UpdateOps;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.TensorScope;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The primitives on one NVIDIA card: products by cuBLASLt, everything else by kernels of its own
 * that are compiled for the card at first use. Deterministic: no primitive adds atomically.
 */
public final class CudaEngine implements Engine {
  private final CudaContext context;
  private final MatrixProducts products;
  private final StepGraphs graphs;
  private final CudaTransferOps transfer;
  private final LinearOps linear;
  private final NormOps norm;
  private final ActivationOps activation;
  private final FinishedProducts finished;
  private final GatedOps gated;
  private final CudaAttentionOps attention;
  private final ProjectionOps projection;
  private final CachedAttentionOps cachedAttention;
  private final CudaSequenceOps sequence;
  private final LossOps loss;
  private final UpdateOps update;
  private final Map<String, DeviceArena> arenas = new HashMap<>();
  private final Set<String> open = new HashSet<>();

  private CudaEngine(CudaDevice device, DType computeType) {
    Path cache = Path.of(System.getProperty("user.home"), ".cache", "adapterworks", "cuda");
    Kernels kernels = new Kernels(device, new KernelCompiler(device.architecture(), cache));
    this.context = new CudaContext(device, computeType, kernels);
    this.products = new MatrixProducts(context, cache);
    this.graphs = new StepGraphs(device);
    this.transfer = new CudaTransferOps(context);
    FrozenWeights weights = new FrozenWeights(context, transfer);
    LowRank lowRank = new LowRank(context, products);
    this.linear = new CudaLinearOps(context, products, weights, lowRank);
    this.norm = new CudaNormOps(context);
    this.activation = new CudaActivationOps(context, lowRank);
    this.finished = new FinishedProducts(context, weights, lowRank);
    this.gated = new CudaGatedOps(finished, GatedOps.of(linear, activation));
    this.attention = new CudaAttentionOps(context);
    this.projection =
        new CudaProjectionOps(finished, attention, ProjectionOps.of(linear, attention));
    this.cachedAttention = new CudaCachedAttentionOps(context);
    this.sequence = new CudaSequenceOps(context);
    this.loss = new CudaLossOps(context, products, weights);
    this.update = new CudaUpdateOps(context);
  }

  /** Opens the first card that the process sees. */
  public static CudaEngine open(EngineSettings settings) {
    return open(settings, 0);
  }

  /**
   * Opens one of the cards that the process sees ({@code CUDA_VISIBLE_DEVICES} says which). The
   * thread that calls is the one that may use the engine.
   *
   * @param card from 0
   * @throws io.adapterworks.error.AdapterworksException DEVICE, with the cure, where the card, its
   *     driver or CUDA's libraries are missing
   */
  public static CudaEngine open(EngineSettings settings, int card) {
    DType type =
        settings.dtype() == EngineSettings.ComputeType.FLOAT32 ? DType.FLOAT32 : DType.BFLOAT16;
    return new CudaEngine(new CudaDevice(card), type);
  }

  @Override
  public EngineInfo info() {
    return new EngineInfo("cuda", context.device().describe(), context.computeType(), 1);
  }

  @Override
  public DType computeType() {
    return context.computeType();
  }

  @Override
  public TensorScope openScope(String name) {
    Check.that(open.add(name), ErrorCode.MODEL, "the scope %s is open already", name);
    DeviceArena arena =
        arenas.computeIfAbsent(name, key -> new DeviceArena(context.device(), "scope " + key));
    return new CudaScope(
        arena,
        context.deviceName(),
        () -> {
          arena.reset();
          open.remove(name);
        });
  }

  /** Bytes of the card's memory that the engine holds: weights, scopes and working memory. */
  public long committedBytes() {
    return context.committedBytes()
        + sequence.committedBytes()
        + arenas.values().stream().mapToLong(DeviceArena::committed).sum();
  }

  /** Waits until everything launched is done. */
  public void synchronize() {
    context.device().synchronize();
  }

  @Override
  public TransferOps transfer() {
    return transfer;
  }

  @Override
  public LinearOps linear() {
    return linear;
  }

  @Override
  public NormOps norm() {
    return norm;
  }

  @Override
  public ActivationOps activation() {
    return activation;
  }

  @Override
  public GatedOps gated() {
    return gated;
  }

  @Override
  public AttentionOps attention() {
    return attention;
  }

  @Override
  public ProjectionOps projection() {
    return projection;
  }

  @Override
  public Optional<CachedAttentionOps> cachedAttention() {
    return Optional.of(cachedAttention);
  }

  @Override
  public SequenceOps sequence() {
    return sequence;
  }

  @Override
  public LossOps loss() {
    return loss;
  }

  @Override
  public Optional<DeviceMemory> memory() {
    CudaDevice device = context.device();
    return Optional.of(
        new DeviceMemory(device.freeBytes() + committedBytes(), device.totalBytes()));
  }

  @Override
  public Optional<UpdateOps> update() {
    return Optional.of(update);
  }

  @Override
  public void run(Object key, Runnable step) {
    graphs.run(key, step);
  }

  @Override
  public void close() {
    synchronize();
    graphs.close();
    arenas.values().forEach(DeviceArena::close);
    sequence.close();
    finished.close();
    attention.close();
    products.close();
    transfer.close();
    context.close();
  }
}
