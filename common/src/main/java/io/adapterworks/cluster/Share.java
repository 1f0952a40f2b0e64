package io.adapterworks.cluster;

import io.adapterworks.tokenize.TokenBatch;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * One device's part of a round.
 *
 * @param number from 0
 * @param parts of each of the round's batches, by step
 */
record Share(int number, List<Part> parts) implements Serializable {
  /**
   * A part of one batch.
   *
   * @param batch some of the batch's sequences
   * @param weight their scored labels' share of the batch's
   * @param step which batch of the round, from 0
   * @param dropoutSeed of the whole batch
   */
  record Part(TokenBatch batch, double weight, int step, long dropoutSeed)
      implements Serializable {}

  /**
   * Cuts every batch into contiguous parts of about as many tokens each, one for each device. A
   * batch of fewer sequences than devices leaves the last of them without a part.
   *
   * @return the shares that have parts, numbered from 0
   */
  static List<Share> of(List<TokenBatch> batches, long[] dropoutSeeds, int devices) {
    List<List<Part>> shares = new ArrayList<>();
    for (int step = 0; step < batches.size(); step++) {
      List<TokenBatch> cut = cut(batches.get(step), devices);
      double scored = batches.get(step).scored();
      for (int i = 0; i < cut.size(); i++) {
        if (i == shares.size()) {
          shares.add(new ArrayList<>());
        }
        double weight = cut.get(i).scored() / scored;
        shares.get(i).add(new Part(cut.get(i), weight, step, dropoutSeeds[step]));
      }
    }
    List<Share> numbered = new ArrayList<>();
    shares.forEach(parts -> numbered.add(new Share(numbered.size(), parts)));
    return numbered;
  }

  /** Each part ends where its even portion of the tokens does, to the nearest sequence. */
  static List<TokenBatch> cut(TokenBatch batch, int devices) {
    int parts = Math.min(devices, batch.sequences());
    int[] starts = batch.starts();
    List<TokenBatch> cut = new ArrayList<>(parts);
    int from = 0;
    for (int i = 1; i <= parts; i++) {
      long wanted = (long) batch.tokens() * i / parts;
      int to = from + 1;
      int most = batch.sequences() - (parts - i);
      while (to < most && wanted - starts[to] > starts[to + 1] - wanted) {
        to++;
      }
      cut.add(batch.part(from, i == parts ? batch.sequences() : to));
      from = to;
    }
    return cut;
  }

  /** The share of the round's scored labels that is in these parts. */
  double weight(int steps) {
    return parts.stream().mapToDouble(Part::weight).sum() / steps;
  }
}
