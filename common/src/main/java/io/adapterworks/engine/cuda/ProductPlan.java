package io.adapterworks.engine.cuda;

import io.adapterworks.engine.Transpose;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cublas.cublasLtContext;
import org.bytedeco.cuda.cublas.cublasLtMatmulDescOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulHeuristicResult_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulPreferenceOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatrixLayoutOpaque_t;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * How cuBLASLt computes products of one shape. Its matrices are column-major: a row-major product y
 * = a·b is handed over as yᵀ = bᵀ·aᵀ, the same memory.
 */
final class ProductPlan implements AutoCloseable {
  private static final int MOST_ALIGNMENT = 256;
  private static final int SUGGESTIONS = 32;

  /**
   * An algorithm that asks for no more than this counts the tiles that are done: without it tiles
   * are dealt beforehand, which is as fast and saves clearing the counter before each product.
   */
  private static final long COUNTER_BYTES = 1024;

  /** All that the choice of an algorithm depends on. */
  record Key(
      long m,
      long n,
      long k,
      Operand a,
      Operand b,
      Operand y,
      Operand addend,
      boolean added,
      boolean biased) {
    static Key of(MatrixProducts.Product product) {
      Operand y = Operand.of(product.y(), Transpose.NO);
      return new Key(
          product.m(),
          product.n(),
          product.k(),
          Operand.of(product.a(), product.opA()),
          Operand.of(product.b(), product.opB()),
          y,
          product.addend().map(added -> Operand.of(added, Transpose.NO)).orElse(y),
          product.addend().isPresent(),
          product.bias().isPresent());
    }
  }

  /** One matrix of a product. */
  record Operand(DType dtype, Transpose op, long stride, int alignment) {
    static Operand of(Tensor matrix, Transpose op) {
      long address = CudaStorage.address(matrix);
      int alignment = (int) Math.min(Long.lowestOneBit(address), MOST_ALIGNMENT);
      return new Operand(
          matrix.dtype(), op, matrix.rows() > 1 ? matrix.rowStride() : matrix.columns(), alignment);
    }

    private int type() {
      return dtype == DType.BFLOAT16 ? cudart.CUDA_R_16BF : cudart.CUDA_R_32F;
    }

    private int cublasOp() {
      return op == Transpose.YES ? cublas.CUBLAS_OP_T : cublas.CUBLAS_OP_N;
    }
  }

  private final cublasLtContext handle;
  private final cublasLtMatmulDescOpaque_t description = new cublasLtMatmulDescOpaque_t();
  private final cublasLtMatrixLayoutOpaque_t first;
  private final cublasLtMatrixLayoutOpaque_t second;
  private final cublasLtMatrixLayoutOpaque_t added;
  private final cublasLtMatrixLayoutOpaque_t result;
  private final cublasLtMatmulHeuristicResult_t bare =
      new cublasLtMatmulHeuristicResult_t(SUGGESTIONS);
  private final cublasLtMatmulHeuristicResult_t roomy =
      new cublasLtMatmulHeuristicResult_t(SUGGESTIONS);
  private final List<cublasLtMatmulHeuristicResult_t> suggestions = new ArrayList<>();
  private int chosen;

  ProductPlan(cublasLtContext handle, Key key, long workspaceBytes) {
    this.handle = handle;
    CudaStatus.blas(
        cublas.cublasLtMatmulDescInit(description, cublas.CUBLAS_COMPUTE_32F, cudart.CUDA_R_32F),
        "describing a product");
    set(cublas.CUBLASLT_MATMUL_DESC_TRANSA, key.b().cublasOp());
    set(cublas.CUBLASLT_MATMUL_DESC_TRANSB, key.a().cublasOp());
    if (key.biased()) {
      set(cublas.CUBLASLT_MATMUL_DESC_EPILOGUE, cublas.CUBLASLT_EPILOGUE_BIAS);
    }
    boolean flippedA = key.a().op() == Transpose.YES;
    boolean flippedB = key.b().op() == Transpose.YES;
    first = layout(key.b(), flippedB ? key.k() : key.n(), flippedB ? key.n() : key.k());
    second = layout(key.a(), flippedA ? key.m() : key.k(), flippedA ? key.k() : key.m());
    added = layout(key.addend(), key.n(), key.m());
    result = layout(key.y(), key.n(), key.m());
    suggest(key, 0, bare, suggestions);
    List<cublasLtMatmulHeuristicResult_t> all = new ArrayList<>();
    suggest(key, workspaceBytes, roomy, all);
    boolean roomFirst = !all.isEmpty() && needsRoom(all.get(0));
    all.removeIf(suggestion -> !needsRoom(suggestion));
    suggestions.addAll(roomFirst ? 0 : suggestions.size(), all);
  }

  private static boolean needsRoom(cublasLtMatmulHeuristicResult_t suggestion) {
    return suggestion.workspaceSize() > COUNTER_BYTES;
  }

  private static cublasLtMatrixLayoutOpaque_t layout(Operand operand, long rows, long columns) {
    cublasLtMatrixLayoutOpaque_t layout = new cublasLtMatrixLayoutOpaque_t();
    CudaStatus.blas(
        cublas.cublasLtMatrixLayoutInit(layout, operand.type(), rows, columns, operand.stride()),
        "describing a matrix");
    return layout;
  }

  private void set(int attribute, int value) {
    try (IntPointer pointer = new IntPointer(1)) {
      pointer.put(0, value);
      CudaStatus.blas(
          cublas.cublasLtMatmulDescSetAttribute(description, attribute, pointer, Integer.BYTES),
          "describing a product");
    }
  }

  /** Sums that are split are added up in a fixed order, never by atomic additions. */
  private void suggest(
      Key key,
      long workspaceBytes,
      cublasLtMatmulHeuristicResult_t memory,
      List<cublasLtMatmulHeuristicResult_t> to) {
    try (cublasLtMatmulPreferenceOpaque_t wish = new cublasLtMatmulPreferenceOpaque_t()) {
      CudaStatus.blas(cublas.cublasLtMatmulPreferenceInit(wish), "wishing for an algorithm");
      try (LongPointer bytes = new LongPointer(1)) {
        bytes.put(0, workspaceBytes);
        CudaStatus.blas(
            cublas.cublasLtMatmulPreferenceSetAttribute(
                wish, cublas.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes, Long.BYTES),
            "limiting the workspace");
      }
      wish(
          wish,
          cublas.CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
          cublas.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE);
      wish(wish, cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.b().alignment());
      wish(wish, cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.a().alignment());
      wish(wish, cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.addend().alignment());
      wish(wish, cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.y().alignment());
      int[] found = new int[1];
      int status =
          cublas.cublasLtMatmulAlgoGetHeuristic(
              handle, description, first, second, added, result, wish, SUGGESTIONS, memory, found);
      for (int i = 0; status == cublas.CUBLAS_STATUS_SUCCESS && i < found[0]; i++) {
        to.add(memory.getPointer(i));
      }
    }
  }

  private static void wish(cublasLtMatmulPreferenceOpaque_t wish, int attribute, int value) {
    try (IntPointer pointer = new IntPointer(1)) {
      pointer.put(0, value);
      CudaStatus.blas(
          cublas.cublasLtMatmulPreferenceSetAttribute(wish, attribute, pointer, Integer.BYTES),
          "wishing for an algorithm");
    }
  }

  /** True where cuBLASLt has no algorithm for the shape. */
  boolean isEmpty() {
    return suggestions.isEmpty();
  }

  /** How many algorithms cuBLASLt suggests, its favourite first. */
  int suggestions() {
    return suggestions.size();
  }

  /** Takes suggestion {@code index} from now on. */
  void choose(int index) {
    chosen = Math.min(index, suggestions.size() - 1);
  }

  /** The suggestion that is taken. */
  int chosen() {
    return chosen;
  }

  /** Whether suggestion {@code index} needs a workspace. */
  boolean needsWorkspace(int index) {
    return suggestions.get(index).workspaceSize() > 0;
  }

  void run(
      MatrixProducts.Product product,
      FloatPointer alpha,
      FloatPointer beta,
      Pointer workspace,
      CUstream_st stream) {
    product
        .bias()
        .ifPresent(
            bias -> {
              try (LongPointer address = new LongPointer(1)) {
                address.put(0, CudaStorage.address(bias));
                CudaStatus.blas(
                    cublas.cublasLtMatmulDescSetAttribute(
                        description, cublas.CUBLASLT_MATMUL_DESC_BIAS_POINTER, address, Long.BYTES),
                    "giving a product its bias");
              }
            });
    cublasLtMatmulHeuristicResult_t choice = suggestions.get(chosen);
    CudaStatus.blas(
        cublas.cublasLtMatmul(
            handle,
            description,
            alpha,
            new Address(CudaStorage.address(product.b())),
            first,
            new Address(CudaStorage.address(product.a())),
            second,
            beta,
            new Address(CudaStorage.address(product.addend().orElse(product.y()))),
            added,
            new Address(CudaStorage.address(product.y())),
            result,
            choice.algo(),
            workspace,
            choice.workspaceSize(),
            stream),
        "multiplying matrices");
  }

  @Override
  public void close() {
    description.close();
    first.close();
    second.close();
    added.close();
    result.close();
    bare.close();
    roomy.close();
  }
}
