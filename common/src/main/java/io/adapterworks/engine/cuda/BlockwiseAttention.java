package io.adapterworks.engine.cuda;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;

/** Attention on tensor cores, by tiles of queries and keys. Dao 2023, arXiv:2307.08691. */
final class BlockwiseAttention implements AutoCloseable {
  private static final int TILE_ROWS = 64;
  private static final int PANEL_COLUMNS = 64;
  private static final int SHARED_ALIGNMENT = 1024;
  private static final int THREADS = 128;

  /** Elements of the scores of a tile of queries and one of keys. */
  private static final long SCORES = (long) TILE_ROWS * TILE_ROWS;

  /** Elements of working memory, 64 MiB, that is taken where the caller lends none. */
  private static final long OWN_ROOM = 32L << 20;

  /** Tiles of queries that a block multiplies with the same keys, and how far it fetches ahead. */
  private static final int QUERY_TILES = 2;

  private static final int QUERY_STAGES = 3;

  private static final int FORWARD_TILES = 5;
  private static final int BACKWARD_TILES = 6;

  private final CudaContext context;
  private final TensorMaps maps = new TensorMaps();

  BlockwiseAttention(CudaContext context) {
    this.context = context;
  }

  /** What of a batch's attention a launch covers, and with how much shared memory. */
  private record Form(int heads, long blocks, long sharedElements) {}

  void forward(
      AttentionShape shape,
      Segments segments,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor logSumExp) {
    Kernels.Launch launch = launch("attention_forward", shape);
    read(launch, shape, q, k, v);
    launch.matrix(out).tensor(logSumExp);
    long elements = (long) FORWARD_TILES * TILE_ROWS * shape.headDim();
    run(launch, shape, segments, new Form(shape.heads(), tiles(segments), elements));
  }

  /**
   * What backward works on.
   *
   * @param delta (H, N): the sum over each head of dOut · out
   * @param rotation by which queries and keys had been rotated
   */
  record Backward(
      AttentionGradient tensors, Tensor delta, Optional<AttentionOps.Rotary> rotation) {}

  /**
   * The gradients of the scores go from the kernel of keys and values to that of queries by way of
   * memory: for so many heads at a time as there is room.
   */
  void backward(AttentionShape shape, Segments segments, Backward given, TensorScope scratch) {
    long headTiles = headTiles(shape, segments);
    int group = shape.heads() / shape.kvHeads();
    long groupElements = headTiles * SCORES * group;
    Tensor room = room(given.tensors(), groupElements, shape.kvHeads(), scratch);
    int atOnce = (int) Math.min(shape.kvHeads(), room.shape().elements() / groupElements);
    for (int kvHead = 0; kvHead < shape.kvHeads(); kvHead += atOnce) {
      Scores scores = new Scores(room, headTiles, kvHead * group, tiles(segments));
      int count = Math.min(atOnce, shape.kvHeads() - kvHead);
      keysAndValues(shape, segments, given, scores, count);
      queries(shape, segments, given, scores, count * group);
    }
  }

  /** Memory of the gradients of the scores, at least of one group of heads. */
  private static Tensor room(AttentionGradient g, long group, int groups, TensorScope scratch) {
    return g.room()
        .filter(lent -> lent.shape().elements() >= group)
        .orElseGet(
            () ->
                scratch.allocate(
                    DType.BFLOAT16, group * Math.max(1, Math.min(groups, OWN_ROOM / group))));
  }

  /** Tiles of the longest sequence. */
  private static long tiles(Segments segments) {
    return ((long) segments.maxLength() + TILE_ROWS - 1) / TILE_ROWS;
  }

  /** Pairs of tiles that a head's scores take room for; the kernels say where each lies. */
  private static long headTiles(AttentionShape shape, Segments segments) {
    long rows = (long) (segments.tokens() / TILE_ROWS) + segments.count();
    long most = tiles(segments);
    return shape.mask() == AttentionShape.Mask.CAUSAL ? rows * (most + 1) / 2 : rows * most;
  }

  /**
   * Where the gradients of the scores lie.
   *
   * @param firstHead of the query heads whose they are
   * @param mostTiles of a sequence
   */
  private record Scores(Tensor room, long headTiles, int firstHead, long mostTiles) {
    void give(Kernels.Launch launch) {
      launch.tensor(room).number(headTiles).integer(firstHead).integer(mostTiles);
    }
  }

  private void keysAndValues(
      AttentionShape shape, Segments segments, Backward given, Scores scores, int heads) {
    AttentionGradient g = given.tensors();
    Kernels.Launch launch = launch("attention_dkv", shape);
    read(launch, shape, g.q(), g.k(), g.v(), g.dOut());
    launch.tensor(g.logSumExp()).tensor(given.delta());
    rotation(launch, given);
    launch.matrix(g.dk()).matrix(g.dv());
    scores.give(launch);
    long elements = (long) BACKWARD_TILES * TILE_ROWS * shape.headDim();
    run(launch, shape, segments, new Form(heads, scores.mostTiles(), elements));
  }

  private void queries(
      AttentionShape shape, Segments segments, Backward given, Scores scores, int heads) {
    AttentionGradient g = given.tensors();
    Kernels.Launch launch = launch("attention_dq", shape);
    read(launch, shape, g.k());
    scores.give(launch);
    rotation(launch, given);
    launch.matrix(g.dq());
    long blocks = (scores.mostTiles() + QUERY_TILES - 1) / QUERY_TILES;
    long elements = QUERY_STAGES * ((long) TILE_ROWS * shape.headDim() + QUERY_TILES * SCORES);
    run(launch, shape, segments, new Form(heads, blocks, elements));
  }

  private static void rotation(Kernels.Launch launch, Backward given) {
    launch
        .number(given.rotation().map(by -> CudaStorage.address(by.table())).orElse(0L))
        .number(given.rotation().map(by -> CudaStorage.address(by.positions())).orElse(0L));
  }

  private Kernels.Launch launch(String name, AttentionShape shape) {
    Kernels.Source source =
        context.source(
            List.of(
                "copies.cu", "attention_tiles.cu", "attention_forward.cu", "attention_backward.cu"),
            "HEAD_DIM=" + shape.headDim(),
            "WARPGROUP=" + (usesWarpgroups(shape) ? 1 : 0));
    return context.kernels().launch(source, name);
  }

  /** Compute capability 9.0 multiplies with four warps together, from panels of 64 columns. */
  private boolean usesWarpgroups(AttentionShape shape) {
    return context.device().hasWarpgroupProducts() && shape.headDim() % PANEL_COLUMNS == 0;
  }

  /** Gives matrices that tiles are read from, in the form that the kernel reads them. */
  private void read(Kernels.Launch launch, AttentionShape shape, Tensor... matrices) {
    boolean byCopyEngine = usesWarpgroups(shape);
    maps.begin();
    for (Tensor matrix : matrices) {
      if (byCopyEngine) {
        launch.block(maps.of(matrix, TILE_ROWS));
      } else {
        launch.matrix(matrix);
      }
    }
  }

  /** Gives the arguments that all these kernels end with, and runs. */
  private static void run(
      Kernels.Launch launch, AttentionShape shape, Segments segments, Form form) {
    launch
        .tensor(segments.device())
        .integer(segments.tokens())
        .integer(shape.heads() / shape.kvHeads())
        .real(shape.scale())
        .flag(shape.mask() == AttentionShape.Mask.CAUSAL)
        .run(
            new Kernels.Grid(form.heads(), segments.count(), form.blocks()),
            new Kernels.Block(THREADS, 1),
            Math.toIntExact(form.sharedElements() * Short.BYTES + SHARED_ALIGNMENT));
  }

  @Override
  public void close() {
    maps.close();
  }
}
