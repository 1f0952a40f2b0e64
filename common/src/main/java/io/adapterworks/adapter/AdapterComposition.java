package io.adapterworks.adapter;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LinearModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adds adapters of one base model, each with a weight, into one adapter: its factors are theirs
 * side by side, so that its update is exactly the weighted sum of theirs.
 *
 * <p>Where a part is DoRA (Liu et al. 2024, arXiv:2402.09353), so is the sum. Part i turns a row w
 * of W into g_i·(w + s_i·b_i·A_i), with g_i = m_i / ‖w + s_i·b_i·A_i‖, or 1 without magnitudes. The
 * sum of its updates is w·d + Σ weight_i·g_i·s_i·b_i·A_i, d = 1 + Σ weight_i·(g_i − 1): the
 * direction w + Σ (weight_i·g_i·s_i / d)·b_i·A_i of the magnitude d times its length.
 */
public final class AdapterComposition {
  /** Below this a row of the base is gone, but for rounding. */
  private static final double SMALLEST_FACTOR = 1e-6;

  /** An adapter and what its update is multiplied by. */
  public record Part(LoraAdapter adapter, double weight) {}

  private AdapterComposition() {}

  /**
   * The sum of the parts. One part of weight 1 comes back as it is, bit for bit.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT, for adapters whose sum is no
   *     adapter: with a classification head, or DoRA whose magnitudes take a whole row of the base
   *     away
   */
  public static LoraAdapter compose(BaseModel base, List<Part> parts) {
    Check.that(!parts.isEmpty(), ErrorCode.INPUT, "no adapters to compose; expected one or more");
    if (parts.size() == 1 && parts.get(0).weight() == 1) {
      return parts.get(0).adapter();
    }
    parts.forEach(AdapterComposition::refuseWhatHasNoSum);
    LoraConfig config = config(base, parts);
    ParameterLayout layout = ParameterLayout.of(base, config, Optional.empty());
    float[] values = new float[layout.size()];
    for (AdaptedModule target : layout.modules()) {
      List<Term> terms = terms(base, target, parts);
      fill(target, terms, values);
      target.magnitude().ifPresent(magnitude -> fillMagnitude(base, target, terms, values));
    }
    return LoraAdapter.of(config, layout, values);
  }

  private static void refuseWhatHasNoSum(Part part) {
    Check.that(
        part.adapter().layout().head().isEmpty(),
        ErrorCode.INPUT,
        "an adapter with a classification head cannot be composed: heads of different labels have"
            + " no sum; expected adapters of a decoder");
  }

  /** Ranks add up; alpha equals the rank of each layer, because scales move into B. */
  private static LoraConfig config(BaseModel base, List<Part> parts) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    for (LinearModule module : base.linearModules()) {
      for (Part part : parts) {
        part.adapter()
            .layout()
            .module(module.path())
            .ifPresent(adapted -> ranks.merge(module.path(), adapted.rank(), Integer::sum));
      }
    }
    int common = ranks.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
    Map<String, Integer> rankPattern = new LinkedHashMap<>();
    Map<String, Double> alphaPattern = new LinkedHashMap<>();
    ranks.forEach(
        (path, rank) -> {
          if (rank != common) {
            rankPattern.put(path, rank);
            alphaPattern.put(path, (double) rank);
          }
        });
    return new LoraConfig(
        common,
        common,
        0,
        ranks.keySet().stream().sorted().toList(),
        Optional.empty(),
        List.of(),
        false,
        parts.stream().anyMatch(part -> part.adapter().config().useDora()),
        rankPattern,
        alphaPattern);
  }

  /**
   * One part of a layer's sum.
   *
   * @param gains g of each row
   */
  @SuppressWarnings("ArrayRecordComponent") // made and read here, never compared
  private record Term(Part part, AdaptedModule source, double[] gains) {
    /** What the part's update of row {@code o} adds to W's own factor. */
    double share(int o) {
      return part.weight() * (gains[o] - 1);
    }
  }

  private static List<Term> terms(BaseModel base, AdaptedModule target, List<Part> parts) {
    List<Term> terms = new ArrayList<>();
    for (Part part : parts) {
      part.adapter()
          .layout()
          .module(target.module().path())
          .ifPresent(source -> terms.add(new Term(part, source, gains(base, source, part))));
    }
    return terms;
  }

  private static double[] gains(BaseModel base, AdaptedModule source, Part part) {
    double[] gains = new double[source.module().out()];
    Arrays.fill(gains, 1);
    if (source.magnitude().isPresent()) {
      float[] magnitude = part.adapter().values(source.magnitude().get());
      float[] weight = base.weight(source.module().weight()).toFloats();
      DirectionRows rows = DirectionRows.of(weight, source, part.adapter());
      for (int o = 0; o < gains.length; o++) {
        gains[o] = magnitude[o] / DirectionRows.norm(rows.row(o));
      }
    }
    return gains;
  }

  /** d of a row: what the sum multiplies W's own row by. */
  private static double factor(AdaptedModule target, List<Term> terms, int o) {
    double factor = 1 + terms.stream().mapToDouble(term -> term.share(o)).sum();
    Check.that(
        Math.abs(factor) > SMALLEST_FACTOR,
        ErrorCode.INPUT,
        "the weighted magnitudes of the adapters take output %d of %s away from the base, and what"
            + " is left is no DoRA adapter; expected other weights, or a merge into the base",
        o,
        target.module().path());
    return factor;
  }

  private static void fill(AdaptedModule target, List<Term> terms, float[] values) {
    int in = target.module().in();
    int at = 0;
    for (Term term : terms) {
      int rank = term.source.rank();
      float[] a = term.part.adapter().values(term.source.a());
      float[] b = term.part.adapter().values(term.source.b());
      System.arraycopy(a, 0, values, target.a().offset() + at * in, rank * in);
      double scale = term.part.weight() * term.source.scale();
      for (int o = 0; o < target.module().out(); o++) {
        double rowScale = scale * term.gains[o] / factor(target, terms, o);
        for (int r = 0; r < rank; r++) {
          values[target.b().offset() + o * target.rank() + at + r] =
              (float) (rowScale * b[o * rank + r]);
        }
      }
      at += rank;
    }
  }

  private static void fillMagnitude(
      BaseModel base, AdaptedModule target, List<Term> terms, float[] values) {
    int in = target.module().in();
    int a = target.a().offset();
    int b = target.b().offset();
    DirectionRows rows =
        new DirectionRows(
            base.weight(target.module().weight()).toFloats(),
            in,
            target.scale(),
            Arrays.copyOfRange(values, a, a + target.a().size()),
            Arrays.copyOfRange(values, b, b + target.b().size()));
    int magnitude = target.magnitude().orElseThrow().offset();
    for (int o = 0; o < target.module().out(); o++) {
      values[magnitude + o] = (float) (factor(target, terms, o) * DirectionRows.norm(rows.row(o)));
    }
  }
}
