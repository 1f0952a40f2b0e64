package io.adapterworks.engine.cuda;

import io.adapterworks.engine.Transpose;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.javacpp.FloatPointer;

/** Matrix products by cuBLASLt; shapes it has no algorithm for go to a plain kernel. */
final class MatrixProducts implements AutoCloseable {
  private static final long WORKSPACE_BYTES = 32L << 20;

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
  private final Address workspace;
  private final Map<ProductPlan.Key, ProductPlan> plans = new HashMap<>();
  private final FloatPointer alpha = new FloatPointer(1);
  private final FloatPointer beta = new FloatPointer(1);

  MatrixProducts(CudaContext context) {
    this.context = context;
    CudaStatus.blas(cublas.cublasLtCreate(handle), "opening cuBLASLt");
    try (TensorScope weights = context.weights()) {
      this.workspace =
          new Address(CudaStorage.address(weights.allocate(DType.UINT8, WORKSPACE_BYTES)));
    }
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
        plans.computeIfAbsent(
            ProductPlan.Key.of(product), key -> new ProductPlan(handle, key, WORKSPACE_BYTES));
    if (plan.isEmpty()) {
      runPlain(product);
      return;
    }
    alpha.put(0, product.alpha());
    beta.put(0, product.addend().isPresent() ? 1 : 0);
    plan.run(product, alpha, beta, workspace, context.device().stream());
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
