package io.adapterworks.engine.cuda;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionOperands;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.ArrayList;
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

  private static final long SCORE_BYTES = SCORES * Short.BYTES;

  /** Tiles of scores, 64 MiB, for which memory is taken where the caller lends none. */
  private static final long OWN_TILES = (64L << 20) / SCORE_BYTES;

  private static final List<String> SOURCES =
      List.of("attention_tiles.cu", "attention_forward.cu", "attention_backward.cu");
  private static final List<String> WIDE_SOURCES =
      List.of("attention_wide.cu", "attention_wide_backward.cu");

  /** Heads this large have kernels of blocks of several warpgroups, if there are warpgroups. */
  private static final int WIDE_HEADS = 128;

  /**
   * How a kernel is laid out.
   *
   * @param ownTiles tiles of rows that a block has of its own
   * @param sharedTiles tiles of rows that shared memory must hold
   * @param sharedScores tiles of scores that it must hold
   */
  private record Layout(
      String kernel, int ownTiles, int threads, int sharedTiles, int sharedScores) {
    int sharedBytes(AttentionShape shape) {
      long elements = (long) sharedTiles * TILE_ROWS * shape.headDim() + sharedScores * SCORES;
      return Math.toIntExact(elements * Short.BYTES + SHARED_ALIGNMENT);
    }

    /** Blocks for so many tiles. */
    long blocks(long tiles) {
      return (tiles + ownTiles - 1) / ownTiles;
    }
  }

  private static final Layout FORWARD = new Layout("attention_forward", 1, THREADS, 5, 0);
  private static final Layout WIDE_FORWARD =
      new Layout("attention_forward_wide", 3, 4 * THREADS, 11, 0);
  private static final Layout KEYS = new Layout("attention_dkv", 1, THREADS, 6, 0);
  private static final Layout WIDE_KEYS = new Layout("attention_dkv_wide", 2, 3 * THREADS, 12, 0);

  private static final Layout QUERIES = new Layout("attention_dq", 2, THREADS, 3, 6);

  private final CudaContext context;
  private final TensorMaps maps = new TensorMaps();

  BlockwiseAttention(CudaContext context) {
    this.context = context;
  }

  void forward(AttentionShape shape, Segments segments, AttentionOperands f) {
    Layout layout = isWide(shape) ? WIDE_FORWARD : FORWARD;
    Kernels.Launch launch = launch(layout, shape);
    read(launch, shape, f.q(), f.k(), f.v());
    launch.matrix(f.out()).tensor(f.logSumExp());
    if (isWide(shape)) {
      long blocks = layout.blocks(tiles(segments) * shape.heads() / shape.kvHeads());
      run(
          launch,
          shape,
          segments,
          layout,
          new Kernels.Grid(shape.kvHeads(), segments.count(), blocks));
    } else {
      run(launch, shape, segments, layout, shape.heads());
    }
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
    long groupTiles = headTiles * group;
    Room room = room(given.tensors(), groupTiles, shape.kvHeads(), scratch);
    int atOnce = (int) Math.min(shape.kvHeads(), room.tiles() / groupTiles);
    for (int kvHead = 0; kvHead < shape.kvHeads(); kvHead += atOnce) {
      Scores scores = new Scores(room, headTiles, kvHead * group, tiles(segments));
      int count = Math.min(atOnce, shape.kvHeads() - kvHead);
      keysAndValues(shape, segments, given, scores, count);
      queries(shape, segments, given, scores, count * group);
    }
  }

  /**
   * Memory for so many pairs of tiles, each at a multiple of its own size: so none lies across the
   * border of two of the arena's blocks, which compute-sanitizer would take for an error.
   */
  private record Room(long address, long tiles) {
    static Room in(Tensor memory) {
      long from = CudaStorage.address(memory);
      long start = (from + SCORE_BYTES - 1) / SCORE_BYTES * SCORE_BYTES;
      long end = from + memory.shape().elements() * Short.BYTES;
      return new Room(start, Math.max(0, end - start) / SCORE_BYTES);
    }
  }

  /** Memory of the gradients of the scores, at least of one group of heads. */
  private static Room room(AttentionGradient g, long group, int groups, TensorScope scratch) {
    return g.room()
        .map(Room::in)
        .filter(lent -> lent.tiles() >= group)
        .orElseGet(
            () -> {
              long tiles = group * Math.max(1, Math.min(groups, OWN_TILES / group));
              return Room.in(scratch.allocate(DType.BFLOAT16, (tiles + 1) * SCORES));
            });
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
  private record Scores(Room room, long headTiles, int firstHead, long mostTiles) {
    void give(Kernels.Launch launch) {
      launch.number(room.address()).number(headTiles).integer(firstHead).integer(mostTiles);
    }
  }

  private void keysAndValues(
      AttentionShape shape, Segments segments, Backward given, Scores scores, int heads) {
    AttentionGradient g = given.tensors();
    AttentionOperands f = g.forward();
    Layout layout = isWide(shape) ? WIDE_KEYS : KEYS;
    Kernels.Launch launch = launch(layout, shape);
    read(launch, shape, f.q(), f.k(), f.v(), g.dOut());
    launch.tensor(f.logSumExp()).tensor(given.delta());
    rotation(launch, given.rotation());
    launch.matrix(g.dk()).matrix(g.dv());
    scores.give(launch);
    run(launch, shape, segments, layout, heads);
  }

  private void queries(
      AttentionShape shape, Segments segments, Backward given, Scores scores, int heads) {
    AttentionGradient g = given.tensors();
    Kernels.Launch launch = launch(QUERIES, shape);
    read(launch, shape, g.forward().k());
    scores.give(launch);
    rotation(launch, given.rotation());
    launch.matrix(g.dq());
    run(launch, shape, segments, QUERIES, heads);
  }

  private static void rotation(Kernels.Launch launch, Optional<AttentionOps.Rotary> rotation) {
    launch
        .number(rotation.map(by -> CudaStorage.address(by.table())).orElse(0L))
        .number(rotation.map(by -> CudaStorage.address(by.positions())).orElse(0L));
  }

  private Kernels.Launch launch(Layout layout, AttentionShape shape) {
    List<String> sources = new ArrayList<>(List.of("copies.cu"));
    if (usesWarpgroups(shape)) {
      sources.add("warpgroup.cu");
    }
    sources.addAll(SOURCES);
    if (isWide(shape)) {
      sources.addAll(WIDE_SOURCES);
    }
    Kernels.Source source =
        context.source(
            sources, "HEAD_DIM=" + shape.headDim(), "WARPGROUP=" + (usesWarpgroups(shape) ? 1 : 0));
    return context.kernels().launch(source, layout.kernel());
  }

  private boolean isWide(AttentionShape shape) {
    return usesWarpgroups(shape) && shape.headDim() == WIDE_HEADS;
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

  /** Runs with a block for each of so many heads, each sequence, and as many tiles as it has. */
  private static void run(
      Kernels.Launch launch, AttentionShape shape, Segments segments, Layout layout, int heads) {
    long blocks = layout.blocks(tiles(segments));
    run(launch, shape, segments, layout, new Kernels.Grid(heads, segments.count(), blocks));
  }

  /** Gives the arguments that all these kernels end with, and runs. */
  private static void run(
      Kernels.Launch launch,
      AttentionShape shape,
      Segments segments,
      Layout layout,
      Kernels.Grid grid) {
    launch
        .tensor(segments.device())
        .integer(segments.tokens())
        .integer(shape.heads() / shape.kvHeads())
        .real(shape.scale())
        .flag(shape.mask() == AttentionShape.Mask.CAUSAL)
        .run(grid, new Kernels.Block(layout.threads(), 1), layout.sharedBytes(shape));
  }

  @Override
  public void close() {
    maps.close();
  }
}
