package io.adapterworks.bench;

import io.adapterworks.evaluate.LabelledText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Some rows of each label of a file, and the others.
 *
 * @param drawn places of the rows drawn
 * @param heldOut places of all others
 */
record LabelledSample(List<Integer> drawn, List<Integer> heldOut) {
  private static final double MOST_OF_A_LABEL = 0.8;

  /** Draws {@code perLabel} rows of each label, but at most four fifths of those it has. */
  static LabelledSample draw(List<LabelledText> rows, int perLabel, long seed) {
    Map<String, List<Integer>> byLabel = new TreeMap<>();
    for (int place : shuffled(rows.size(), new SplittableRandom(seed))) {
      byLabel.computeIfAbsent(rows.get(place).label(), label -> new ArrayList<>()).add(place);
    }
    List<Integer> drawn = new ArrayList<>();
    List<Integer> heldOut = new ArrayList<>();
    for (List<Integer> places : byLabel.values()) {
      int most = Math.max(1, (int) (MOST_OF_A_LABEL * places.size()));
      int taken = Math.min(perLabel, most);
      drawn.addAll(places.subList(0, taken));
      heldOut.addAll(places.subList(taken, places.size()));
    }
    return new LabelledSample(drawn, heldOut);
  }

  /** New labels for a share of the drawn rows, each another one than it has. */
  Map<Integer, String> flipped(
      List<LabelledText> rows, List<String> labels, double share, long seed) {
    SplittableRandom random = new SplittableRandom(seed).split();
    List<Integer> order =
        shuffled(drawn.size(), random).subList(0, (int) Math.round(share * drawn.size()));
    Map<Integer, String> flipped = new HashMap<>();
    for (int i : order) {
      int place = drawn.get(i);
      int right = labels.indexOf(rows.get(place).label());
      int wrong = (right + 1 + random.nextInt(labels.size() - 1)) % labels.size();
      flipped.put(place, labels.get(wrong));
    }
    return flipped;
  }

  /** The numbers below {@code size} in random order (Fisher and Yates). */
  static List<Integer> shuffled(int size, SplittableRandom random) {
    List<Integer> order = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      int place = random.nextInt(i + 1);
      order.add(i);
      order.set(i, order.get(place));
      order.set(place, i);
    }
    return order;
  }
}
