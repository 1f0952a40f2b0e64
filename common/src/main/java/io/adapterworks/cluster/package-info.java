/**
 * Training on Spark's executors: what the driver sends, what an executor trains, how it is joined.
 */
package io.adapterworks.cluster;
