package io.adapterworks.engine.cuda;

import io.adapterworks.engine.Transpose;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.javacpp.FloatPointer;

/** Matrix products by cuBLASLt; shapes it has no algorithm for go to a plain kernel. */
final class MatrixProducts implements AutoCloseable {
  private static final long WORKSPACE_BYTES = 32L << 20;

  /** Products of fewer operations take cuBLASLt's first suggestion. */
  private static final double TIMED_OPERATIONS = 1e10;

  private static final long TRIAL_NANOSECONDS = 3_000_000;

  /**
   * The fastest at first sight are timed again for longer: under load a card slows down to keep its
   * power limit, and then another algorithm may be the fastest. Each runs for a while before it is
   * timed, since the limit holds an average: after an algorithm that draws little any looks fast.
   */
  private static final int FINALISTS = 6;

  private static final int ROUNDS = 2;
  private static final long ROUND_NANOSECONDS = 80_000_000;
  private static final long HEATING_NANOSECONDS = 60_000_000;

  /** How much faster an algorithm must be to be worth a workspace. */
  private static final double WORKSPACE_PRICE = 1.02;

  /**
   * y = alpha · op(a)·op(b) + beta · addend + bias, row-major; rows may be strided.
   *
   * @param addend of y's shape; may be y
   * @param bias of y's width and type, added to each row
   */
  record Product(
      Tensor a,
      Transpose opA,
      Tensor b,
      Transpose opB,
      float alpha,
      Optional<Tensor> addend,
      Optional<Tensor> bias,
      Tensor y) {
    /** y = op(a)·op(b). */
    static Product set(Tensor a, Transpose opA, Tensor b, Transpose opB, Tensor y) {
      return new Product(a, opA, b, opB, 1, Optional.empty(), Optional.empty(), y);
    }

    Product scaled(float factor) {
      return new Product(a, opA, b, opB, factor, addend, bias, y);
    }

    Product plus(Tensor added) {
      return new Product(a, opA, b, opB, alpha, Optional.of(added), bias, y);
    }

    Product withBias(Optional<Tensor> added) {
      return new Product(a, opA, b, opB, alpha, addend, added, y);
    }

    /** The same, written elsewhere. */
    Product into(Tensor other) {
      return new Product(a, opA, b, opB, alpha, addend, bias, other);
    }

    long m() {
      return opA == Transpose.YES ? a.columns() : a.rows();
    }

    long k() {
      return opA == Transpose.YES ? a.rows() : a.columns();
    }

    long n() {
      return opB == Transpose.YES ? b.rows() : b.columns();
    }
  }

  private final CudaContext context;
  private final cublasLtContext handle = new cublasLtContext();

  /** Made when the first algorithm that needs one is chosen: few do. */
  private Address workspace;

  private final ProductChoices choices;
  private final Map<ProductPlan.Key, ProductPlan> plans = new HashMap<>();
  private final FloatPointer alpha = new FloatPointer(1);
  private final FloatPointer beta = new FloatPointer(1);

  /**
   * @param cache the folder where choices of algorithms are kept
   */
  MatrixProducts(CudaContext context, Path cache) {
    this.context = context;
    String card = context.device().describe().replaceAll("[^A-Za-z0-9.]+", "-");
    this.choices =
        new ProductChoices(
            cache.resolve("choices-" + card + "-" + cublas.cublasLtGetVersion() + ".txt"));
    CudaStatus.blas(cublas.cublasLtCreate(handle), "opening cuBLASLt");
  }

  private static Address workspace(TensorScope scope) {
    return new Address(CudaStorage.address(scope.allocate(DType.UINT8, WORKSPACE_BYTES)));
  }

  void run(Product product) {
    if (product.m() == 0 || product.n() == 0) {
      return;
    }
    boolean oneType =
        product.a().dtype() == product.b().dtype()
            && (product.y().dtype() == product.a().dtype() || product.y().dtype() == DType.FLOAT32);
    if (!oneType) {
      runPlain(product);
      return;
    }
    ProductPlan plan =
        plans.computeIfAbsent(ProductPlan.Key.of(product), key -> plan(key, product));
    if (plan.isEmpty()) {
      runPlain(product);
    } else {
      if (workspace == null && plan.needsWorkspace(plan.chosen())) {
        try (TensorScope weights = context.weights()) {
          workspace = workspace(weights);
        }
      }
      run(plan, product, workspace);
    }
  }

  private void run(ProductPlan plan, Product product, Address room) {
    alpha.put(0, product.alpha());
    beta.put(0, product.addend().isPresent() ? 1 : 0);
    plan.run(product, alpha, beta, room, context.device().stream());
  }

  /** A plan; for large products with the suggestion that is fastest on this card. */
  private ProductPlan plan(ProductPlan.Key key, Product product) {
    ProductPlan plan = new ProductPlan(handle, key, WORKSPACE_BYTES);
    double operations = 2.0 * key.m() * key.n() * key.k();
    if (plan.suggestions() > 1 && operations > TIMED_OPERATIONS) {
      int choice = choices.find(key.toString());
      if (choice < 0) {
        choice = fastest(plan, product);
        choices.keep(key.toString(), choice);
      }
      plan.choose(choice);
    }
    return plan;
  }

  private int fastest(ProductPlan plan, Product product) {
    try (DeviceArena arena = new DeviceArena(context.device(), "timing products")) {
      Tensor y = product.y();
      CudaScope scope = new CudaScope(arena, context.deviceName(), () -> {});
      Tensor elsewhere = scope.allocate(y.dtype(), y.rows(), y.rowStride()).columns(0, y.columns());
      Trial trial = new Trial(plan, product.into(elsewhere), workspace(scope));
      double[] first = new double[plan.suggestions()];
      for (int i = 0; i < first.length; i++) {
        first[i] = time(trial, i, TRIAL_NANOSECONDS);
      }
      List<Integer> finalists =
          new ArrayList<>(
              IntStream.range(0, first.length)
                  .boxed()
                  .sorted(Comparator.comparingDouble(i -> first[i]))
                  .limit(FINALISTS)
                  .toList());
      double[] sums = new double[first.length];
      for (int round = 0; round < ROUNDS; round++) {
        for (int i : finalists) {
          time(trial, i, HEATING_NANOSECONDS);
          sums[i] += time(trial, i, ROUND_NANOSECONDS);
        }
        Collections.reverse(finalists);
      }
      return Collections.min(
          finalists,
          Comparator.comparingDouble(
              i -> sums[i] * (plan.needsWorkspace(i) ? WORKSPACE_PRICE : 1)));
    }
  }

  /** A product that is timed, and the workspace of its algorithms. */
  private record Trial(ProductPlan plan, Product product, Address workspace) {}

  /** Nanoseconds of one product by this suggestion, from about as many nanoseconds of them. */
  private double time(Trial trial, int suggestion, long span) {
    trial.plan.choose(suggestion);
    run(trial.plan, trial.product, trial.workspace);
    double one = time(trial, 1);
    int count = (int) Math.max(1, Math.min(span / one, 1000));
    return time(trial, count) / count;
  }

  private double time(Trial trial, int count) {
    context.device().synchronize();
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      run(trial.plan, trial.product, trial.workspace);
    }
    context.device().synchronize();
    return System.nanoTime() - start;
  }

  /** By the engine's own kernel: any types, any strides. */
  void runPlain(Product product) {
    Tensor y = product.y();
    product
        .addend()
        .filter(added -> CudaStorage.address(added) != CudaStorage.address(y))
        .ifPresent(
            added ->
                context
                    .launch("copy_scaled")
                    .matrix(added)
                    .flag(CudaContext.isFloat(added))
                    .matrix(y)
                    .flag(CudaContext.isFloat(y))
                    .number(y.shape().elements())
                    .integer(y.columns())
                    .real(1)
                    .flag(false)
                    .each(y.shape().elements()));
    Kernels.Launch launch = context.launch("product");
    operand(launch, product.a(), product.opA());
    operand(launch, product.b(), product.opB());
    launch
        .matrix(y)
        .flag(CudaContext.isFloat(y))
        .number(product.m())
        .number(product.n())
        .number(product.k())
        .real(product.alpha())
        .flag(product.addend().isPresent())
        .run(
            new Kernels.Grid((product.n() + 15) / 16, (product.m() + 15) / 16, 1),
            new Kernels.Block(16, 16),
            0);
    product.bias().ifPresent(bias -> addBias(bias, y));
  }

  void addBias(Tensor bias, Tensor y) {
    context
        .launch("add_bias")
        .tensor(bias)
        .flag(CudaContext.isFloat(bias))
        .matrix(y)
        .flag(CudaContext.isFloat(y))
        .number(y.shape().elements())
        .integer(y.columns())
        .each(y.shape().elements());
  }

  private static void operand(Kernels.Launch launch, Tensor matrix, Transpose op) {
    boolean flipped = op == Transpose.YES;
    launch
        .tensor(matrix)
        .number(flipped ? 1 : matrix.rowStride())
        .number(flipped ? matrix.rowStride() : 1)
        .flag(CudaContext.isFloat(matrix));
  }

  @Override
  public void close() {
    plans.values().forEach(ProductPlan::close);
    plans.clear();
    alpha.close();
    beta.close();
    CudaStatus.blas(cublas.cublasLtDestroy(handle), "closing cuBLASLt");
  }
}
