"""The report's VAE and GAN in Keras, as a peer: ``keras_models.py vae|gan IMAGES EPOCHS`` prints images per second.

The same layers, losses and batches as ``genrep.models.conv_vae`` and ``genrep.models.mlp_gan``; each training step is
one compiled graph under ``fit``, which is how Keras is at its fastest. The first epoch compiles and is not counted.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

BATCH = 128


class VAE(keras.Model):
    """28x28x1 in [0, 1]; binary cross-entropy and KL summed per image."""

    def __init__(self, latent: int = 2):
        super().__init__()
        self.latent = latent
        self.features = keras.Sequential(
            [
                layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
                layers.Conv2D(64, 3, strides=2, padding="same", activation="relu"),
                layers.Flatten(),
                layers.Dense(16, activation="relu"),
            ]
        )
        self.mean, self.log_variance = layers.Dense(latent), layers.Dense(latent)
        self.decoder = keras.Sequential(
            [
                layers.Dense(7 * 7 * 64, activation="relu"),
                layers.Reshape((7, 7, 64)),
                layers.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu"),
                layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
                layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid"),
            ]
        )

    def train_step(self, images: tf.Tensor) -> dict:
        with tf.GradientTape() as tape:
            h = self.features(images)
            mean, log_variance = self.mean(h), self.log_variance(h)
            z = mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean))
            reconstruction = ops.mean(ops.sum(keras.losses.binary_crossentropy(images, self.decoder(z)), axis=(1, 2)))
            kl = -0.5 * (1 + log_variance - ops.square(mean) - ops.exp(log_variance))
            loss = reconstruction + ops.mean(ops.sum(kl, axis=1))
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True)
        )
        return {"loss": loss}


class GAN(keras.Model):
    """784 values in [-1, 1]; label smoothing 0.9, non-saturating generator."""

    def __init__(self, latent: int = 100):
        super().__init__()
        self.latent = latent
        first = keras.initializers.RandomNormal(stddev=0.02)
        self.generator = keras.Sequential([layers.Input((latent,))])
        for i, width in enumerate((256, 512, 1024)):
            self.generator.add(layers.Dense(width, kernel_initializer=first if i == 0 else "glorot_uniform"))
            self.generator.add(layers.LeakyReLU(0.2))
        self.generator.add(layers.Dense(784, activation="tanh"))
        self.discriminator = keras.Sequential([layers.Input((784,))])
        for i, width in enumerate((1024, 512, 256)):
            self.discriminator.add(layers.Dense(width, kernel_initializer=first if i == 0 else "glorot_uniform"))
            self.discriminator.add(layers.LeakyReLU(0.2))
            self.discriminator.add(layers.Dropout(0.3))
        self.discriminator.add(layers.Dense(1))
        self.entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        self.optimizers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]

    def train_step(self, images: tf.Tensor) -> dict:
        count = ops.shape(images)[0]
        labels = ops.concatenate([0.9 * ops.ones((count, 1)), ops.zeros((count, 1))], axis=0)
        fake = self.generator(keras.random.normal((count, self.latent)), training=True)
        with tf.GradientTape() as tape:
            logits = self.discriminator(ops.concatenate([images, fake], axis=0), training=True)
            critic = self.entropy(labels, logits)
        weights = self.discriminator.trainable_weights
        self.optimizers[0].apply_gradients(zip(tape.gradient(critic, weights), weights, strict=True))
        with tf.GradientTape() as tape:
            fake = self.generator(keras.random.normal((count, self.latent)), training=True)
            loss = self.entropy(ops.ones((count, 1)), self.discriminator(fake, training=True))
        weights = self.generator.trainable_weights
        self.optimizers[1].apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"discriminator": critic, "generator": loss}


class Clock(keras.callbacks.Callback):
    """Seconds of each epoch."""

    def __init__(self):
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.seconds.append(time.perf_counter() - self.started)


def main() -> None:
    name, path, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pixels = np.load(path).astype("float32") / 255  # (N, 28, 28, 1)
    model, images = (VAE(), pixels) if name == "vae" else (GAN(), pixels.reshape(len(pixels), 784) * 2 - 1)
    model.compile(optimizer=keras.optimizers.Adam(1e-3))
    clock = Clock()
    model.fit(images, epochs=epochs + 1, batch_size=BATCH, verbose=0, callbacks=[clock])
    print(len(images) * epochs / sum(clock.seconds[1:]))


if __name__ == "__main__":
    main()
