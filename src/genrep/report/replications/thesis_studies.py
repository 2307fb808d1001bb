"""The thesis's own names for the figures of the studies, and what it finds in each; captions give our numbers below.

Its figures show one image, or a few, where ours show several and carry intervals.
"""

STUDY_MODELS = {"vae": "VAE", "gan": "GAN", "diffusion": "Diffusion model"}

STUDY_FIGURES: dict[str, tuple[str, str]] = {
    "improved_sampling": (
        "figure_3_4_improved_sampling",
        "reconstructions are better than samples of the prior, and improved sampling comes nearer to them",
    ),
    "encoded_latents": (
        "figure_3_5_encoded_latents",
        "the encoder does not map images to N(0, I); the seventh dimension is as good an example as any",
    ),
    "forward": ("figure_5_1_forward_diffusion", "after the last of 1,000 steps only Gaussian noise is left"),
    "embedding": ("figure_5_3_sinusoidal_embedding", "each step gets a row of its own, with no large number in it"),
    "recovery": (
        "figure_6_3_latent_recovery",
        "of an unseen image the VAE recovers most by searching a latent, a little less by encoding and decoding it; "
        "the GAN recovers another face",
    ),
    "noise_denoise": (
        "figure_6_4_noised_and_denoised",
        "the diffusion model repairs images that it has never seen, the less faithfully the more noise there was",
    ),
    "nearest_training": ("figure_6_5_nearest_training_images", "no model just reproduces its training images"),
    "furthest_samples": (
        "figure_6_6_furthest_samples",
        "furthest in pixels are the worst samples: the diffusion model's are worst of all, the VAE's acceptable",
    ),
    "nearest_samples": (
        "figure_6_7_nearest_samples",
        "the GAN's nearest samples could be the same person, the diffusion model's differ most",
    ),
    "interpolation": (
        "figure_6_9_latent_interpolation",
        "the VAE and the GAN go smoothly from one sample to another (Figures 6.9, spherical, and 6.11, linear)",
    ),
    "opposite": (
        "figure_6_10_from_x_to_minus_x",
        "straight through zero the VAE's middle is much worse; the GAN keeps its quality and jumps at zero",
    ),
    "diffusion_interpolation": (
        "figure_6_12_diffusion_interpolation",
        "50 to 200 of 1,000 steps work best, less well than the latent spaces of the VAE and the GAN; mixing before "
        "noising is worse",
    ),
    "diffusion_interpolation_by_depth": (
        "figure_6_12_by_depth",
        "50 to 200 of 1,000 steps work best; the thesis gives no numbers",
    ),
    "inpainting": (
        "figure_6_13_inpainting",
        "the diffusion model's eyes fit best and differ in every run, the VAE's fit almost perfectly and are alike, "
        "the GAN's have another skin tone and are one of few (Figures 6.13 to 6.16)",
    ),
    "concept": (
        "figure_6_17_concept_vectors",
        "the vector for blond changes samples of the VAE and, three times over, of the GAN in little but their hair; "
        "a recovered real face changes elsewhere, too (Figures 6.17 to 6.19)",
    ),
    "scribble": (
        "figure_6_21_scribble_guided_editing",
        "noised by 300 of 1,000 steps a scribble becomes hair; with more it is lost, with fewer it is not repaired "
        "(Figures 6.20 and 6.21)",
    ),
    "scribble_by_depth": (
        "figure_6_21_by_depth",
        "about 300 of 1,000 steps are best; the thesis gives no numbers",
    ),
    "radar": (
        "figure_7_1_radar",
        "drawn from the author's opinion; here from measurements. Where chapter 6 orders the models, best first: in "
        "realism the diffusion model, the GAN, the VAE; in generalisation, diversity and inpainting the diffusion "
        "model, the VAE, the GAN; in sampling speed the GAN, the VAE, the diffusion model; in stability the GAN last; "
        "in parameter efficiency the GAN, the diffusion model, the VAE; in interpolation the diffusion model last; in "
        "ease of implementation the VAE, the diffusion model, the GAN",
    ),
}
