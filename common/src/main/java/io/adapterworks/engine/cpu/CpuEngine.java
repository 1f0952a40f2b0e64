package io.adapterworks.engine.cpu;

import io.adapterworks.engine.ActivationOps;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.LinearOps;
import io.adapterworks.engine.LossOps;
import io.adapterworks.engine.NormOps;
import io.adapterworks.engine.SequenceOps;
import io.adapterworks.engine.TransferOps;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.TensorScope;
import java.util.HashMap;
import java.util.Map;

/** Computes on the processor with oneDNN, in float32 or bfloat16 with float32 accumulation. */
public final class CpuEngine implements Engine {
  private final EngineInfo info;
  private final CpuTeam team;
  private final DnnlRuntime dnnl;
  private final Scratch scratch;
  private final DropoutMasks masks;
  private final FrozenWeights weights;
  private final Map<String, CpuArena> arenas = new HashMap<>();
  private final CpuTransferOps transfer;
  private final CpuLinearOps linear;
  private final CpuNormOps norm;
  private final CpuActivationOps activation;
  private final CpuAttentionOps attention;
  private final CpuSequenceOps sequence;
  private final CpuLossOps loss;

  private CpuEngine(CpuIsa isa, DType computeType, CpuThreads threads) {
    info = new EngineInfo("cpu", isa.name(), computeType, threads.total());
    team = new CpuTeam(threads.team());
    dnnl = new DnnlRuntime(team);
    scratch = new Scratch();
    CpuContext context = new CpuContext(dnnl, scratch, new RowAccess(), computeType, team);
    masks = new DropoutMasks(scratch, team);
    transfer = new CpuTransferOps(context);
    weights = new FrozenWeights(context, transfer);
    linear = new CpuLinearOps(context, weights, new LowRank(context, masks), transfer);
    norm = new CpuNormOps(context, transfer);
    activation = new CpuActivationOps(context, masks, transfer);
    attention = new CpuAttentionOps(context);
    sequence = new CpuSequenceOps(context, transfer);
    loss = new CpuLossOps(context);
  }

  /**
   * Opens an engine on this machine's processor.
   *
   * @throws io.adapterworks.error.AdapterworksException DEVICE, when the settings ask for bfloat16
   *     and the processor has no instructions for it
   */
  public static CpuEngine open(EngineSettings settings) {
    CpuIsa isa = CpuIsa.detect();
    return new CpuEngine(isa, isa.choose(settings.dtype()), CpuThreads.of(settings));
  }

  /** Whether this processor has instructions for bfloat16. */
  public static boolean hasBfloat16() {
    return CpuIsa.detect().hasBfloat16();
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public DType computeType() {
    return info.computeType();
  }

  @Override
  public TensorScope openScope(String name) {
    return arenas.computeIfAbsent(name, CpuArena::new).open();
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
  public AttentionOps attention() {
    return attention;
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
  public void run(Object key, Runnable step) {
    step.run();
  }

  /** Runs {@code work} on this engine and says where its time went. */
  public KernelProfile profile(Runnable work) {
    return dnnl.profile(work);
  }

  /**
   * Seconds that oneDNN alone takes for the matrix products of a profile: one after the other in
   * their order, on the same weights and activations, without post-operations. Overwrites what the
   * profiled work wrote.
   */
  public double productsAlone(KernelProfile profile) {
    long start = System.nanoTime();
    profile.replayProducts(dnnl);
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public void close() {
    weights.close();
    masks.close();
    scratch.close();
    arenas.values().forEach(CpuArena::free);
    arenas.clear();
    dnnl.close();
    team.close();
  }
}
